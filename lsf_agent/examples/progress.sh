#!/bin/sh
# Submits progress.py to LSF: a minute of work that reports how far it is.
unset CDPATH
here=$(cd -- "$(dirname -- "$0")" && pwd) || exit
mkdir -p -- "$here/logs" || exit
exec bsub -q psdebugq -J progress -o "$here/logs/%J" python3 -u "$here/progress.py" "$@"
