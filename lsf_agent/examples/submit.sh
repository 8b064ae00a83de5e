#!/bin/sh
# Submits submit.py to LSF; called by Batchboard as: submit.sh EXPERIMENT RUN PARAMETER...
unset CDPATH
here=$(cd -- "$(dirname -- "$0")" && pwd) || exit
mkdir -p -- "$here/logs" || exit
exec bsub -q psdebugq -o "$here/logs/%J" python3 -u "$here/submit.py" "$@"
