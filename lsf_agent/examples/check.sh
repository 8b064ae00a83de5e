#!/bin/sh
# Submits the tiny job of `batchboard check`: it reports once and ends. Called as: check.sh EXPERIMENT RUN [QUEUE]
exec bsub ${3:+-q "$3"} -o /dev/null <<'JOB'
#!/bin/sh
# Exit codes: 93 the environment did not come along, 94 the report was not taken, 95 nothing to report with
[ -n "$BATCH_UPDATE_URL" ] || exit 93
report='{"counters": {"Check": ["reported", "green"]}}'
if command -v python3 >/dev/null; then
    python3 -c '
import os, sys
from urllib.request import ProxyHandler, Request, build_opener
request = Request(os.environ["BATCH_UPDATE_URL"], sys.argv[1].encode(), {"Content-Type": "application/json"})
build_opener(ProxyHandler({})).open(request, timeout=10).close()
' "$report" || exit 94
elif command -v curl >/dev/null; then
    # The address is a secret: not on a command line that everybody can list.
    printf 'url = "%s"\n' "$BATCH_UPDATE_URL" |
        curl -fsS --noproxy '*' -m 10 -o /dev/null -H 'Content-Type: application/json' -d "$report" -K - || exit 94
else
    exit 95
fi
JOB
