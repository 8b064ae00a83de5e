#!/bin/sh
# Submits fails.py to LSF: a job that goes wrong after a few seconds.
unset CDPATH
here=$(cd -- "$(dirname -- "$0")" && pwd) || exit
mkdir -p -- "$here/logs" || exit
exec bsub -q psdebugq -J fails -o "$here/logs/%J" python3 -u "$here/fails.py" "$@"
