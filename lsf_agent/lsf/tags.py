"""Jobs found by the name that we gave them: `bjobs -w -J` and `bhist -l -J`, read strictly."""

import re

from lsf_agent.lsf.elements import WORDS
from lsf_agent.lsf.texts import blocks
from lsf_agent.scheduler import Tagged
from realtime.domain.status import Status

PATTERN = re.compile(r"[A-Za-z0-9_.-]{1,200}\*?")
"""What may be searched: no blank, no quote, and never everything."""

_LINE = re.compile(
    r"([1-9]\d{0,18})\s+(\S+)\s+([A-Z][A-Z_]{2,9})\s.*?\s(\S+)"
    r"\s+[A-Z][a-z]{2} +\d{1,2} +\d\d:\d\d(?::\d\d)?(?: +\d{4})?\s*"
)
"""Id, user, state ... name and submit time: a name that goes on after a blank is not one of ours."""
_NAMED = re.compile(r"Job <[1-9]\d{0,18}>, Job Name <([^<>\n]*)>")
_NONE = re.compile(r"^(?:Job <[^>\n]*>:? is not found|No (?:unfinished |matching )?job found)", re.MULTILINE)


def tagged(text: str, pattern: str) -> list[Tagged]:
    """Jobs listed by `bjobs -w` whose whole name matches; a state that is not known counts as UNKWN."""
    wanted = re.compile(re.escape(pattern.removesuffix("*")) + (r"\S*" if pattern.endswith("*") else ""))
    found = (_LINE.fullmatch(line) for line in text.splitlines())
    jobs = {
        (line[4], line[1]): Tagged(tag=line[4], lsf_id=line[1], user=line[2], status=WORDS.get(line[3], Status.UNKWN))
        for line in found
        if line and wanted.fullmatch(line[4])
    }
    return list(jobs.values())


def named(text: str, tag: str) -> list[str]:
    """Ids of the jobs that `bhist -l` describes under exactly this name."""
    return [lsf_id for lsf_id, _, block in blocks(text) if (head := _NAMED.match(block)) and head[1] == tag]


def none_said(text: str) -> bool:
    """Whether LSF itself says that there is no such job."""
    return _NONE.search(text) is not None
