"""The agent's log: one line for each thing that happened, with the ids of what it happened to, and without secrets.

    2026-11-22T10:42:07.318Z agent INFO job 6f...: LSF 123: RUN job=6f... lsf=123

`job=` and `lsf=` repeat the ids that a line speaks of, so that `grep job=ID` finds a job's whole story.
"""

import logging
import re
import sys
import time

JOB = re.compile(r"(?:\bjob |\b(?:submit|kill|verify)/)([0-9a-f]{24})\b")
LSF_JOB = re.compile(r"\bLSF (?:job )?(\d+(?:\[\d+\])?)(?![\w.])")
REPORT_ADDRESS = re.compile(r"(/jid/ws/replace_counters/)[^\s\"'<>]*")
BEARER = re.compile(r"(?i)(\bbearer )[^\s\"'<>]+")
CONTROL = re.compile(r"[\x00-\x1f\x7f\x80-\x9f\u2028\u2029]")


def log_to_stderr() -> "Lines":
    """Everything that is logged goes to standard error; the HTTP client's own lines would repeat every request."""
    lines = Lines()
    to_stderr = logging.StreamHandler(sys.stderr)
    to_stderr.setFormatter(lines)
    logging.basicConfig(level=logging.INFO, handlers=[to_stderr])
    for noisy in ("httpx", "httpcore"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    return lines


class Lines(logging.Formatter):
    """Times in UTC. What scripts and commands have printed cannot begin a line of its own; a traceback follows its
    line."""

    def __init__(self) -> None:
        super().__init__("%(asctime)sZ agent %(levelname)s %(message)s")
        self.converter = time.gmtime
        self.default_time_format, self.default_msec_format = "%Y-%m-%dT%H:%M:%S", "%s.%03d"
        self._secrets: frozenset[str] = frozenset()

    def hide(self, secret: str) -> None:
        """From now on no line shows it."""
        if secret and secret not in self._secrets:
            self._secrets |= {secret}

    def format(self, record: logging.LogRecord) -> str:
        """The line, with a traceback behind it if there is one."""
        return self._without_secrets(super().format(record))

    def formatMessage(self, record: logging.LogRecord) -> str:
        """The line itself."""
        line = CONTROL.sub(_escaped, super().formatMessage(record))
        return " ".join([line, *_ids("job", JOB, line), *_ids("lsf", LSF_JOB, line)])

    def _without_secrets(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return BEARER.sub(r"\1***", REPORT_ADDRESS.sub(r"\1***", text))


def _escaped(control: re.Match[str]) -> str:
    return control[0].encode("unicode_escape").decode()


def _ids(key: str, pattern: re.Pattern[str], line: str) -> list[str]:
    return [f"{key}={found}" for found in dict.fromkeys(pattern.findall(line))]
