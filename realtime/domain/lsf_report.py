"""LSF's own report in a job's output: before what the job wrote, or behind it, as the site has it."""

import re

_HEAD = "Sender: LSF System"
_FOLLOWS = re.compile(r"^The output \(if any\) follows.*\n?", re.MULTILINE)
_BEHIND = re.compile(rf"(?:^-{{5,}}[ \t]*\r?\n)?^{_HEAD}", re.MULTILINE)
_OWN_LINE = re.compile(r"\s*(?:TERM_[A-Z_]+:|Exited (?:with|by) |Subject: Job )")


def without_report(text: str) -> str:
    """What the job itself wrote; `text` may begin within the report."""
    follows = _FOLLOWS.search(text)
    if follows and (_HEAD in text[: follows.start()] or "Resource usage summary" in text[: follows.start()]):
        text = text[follows.end() :]
    behind = _BEHIND.search(text)
    return text[: behind.start()] if behind else text


def is_report_line(line: str) -> bool:
    """Whether LSF's report says so of a job, which the job did not."""
    return _OWN_LINE.match(line) is not None
