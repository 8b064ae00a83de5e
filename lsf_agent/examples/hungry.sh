#!/bin/sh
# Submits hungry.py to LSF, which needs about 100 MB: with the parameters `-M 80M` it is killed, with `-M 120M` it ends
# well. Called as: hungry.sh EXPERIMENT RUN [OPTION OF BSUB]...
unset CDPATH
here=$(cd -- "$(dirname -- "$0")" && pwd) || exit
mkdir -p -- "$here/logs" || exit
experiment=$1 run=$2
shift 2
exec bsub -q psdebugq -J hungry -o "$here/logs/%J" "$@" python3 -u "$here/hungry.py" "$experiment" "$run"
