"""What a job took and may take, read from LSF's numbers: `7.9 Gbytes`, `8 G`, `60.0 min of host1`. Pure."""

import re

from lsf_agent.scheduler import Usage

_SIZE = re.compile(r"(\d{1,15}(?:\.\d{1,9})?)\s*([KMGTPE]?)i?(?:B|bytes?)?", re.IGNORECASE)
_POWER = {unit: 1024**power for power, unit in enumerate(("B", "K", "M", "G", "T", "P", "E"))}
_TIME = re.compile(r"(?:(\d{1,6}):)?(\d{1,9}(?:\.\d{1,9})?)\s*(?:min(?:utes?)?(?:\(s\))?)?(?:\s*(?:/|of\s).*)?")
_SECONDS = re.compile(r"(\d{1,12}(?:\.\d{1,9})?)(?:\s*sec(?:onds?)?(?:\(s\))?\.?)?")
_SECTION = re.compile(r"^((?:[ \t]*[A-Z]+LIMIT)+)[ \t]*\n([ \t]*\d[^\n]*)$", re.MULTILINE)
_LIMIT = re.compile(r"\d[\d.]*(?:[ \t]*(?:min(?:[ \t]+of[ \t]+\S+)?|[KMGTPE]i?(?:B|bytes?)?(?=\s|$)))?")
_MAX_MEMORY = re.compile(r"^[ \t]*MAX MEM:[ \t]*([\d.]+[ \t]*[A-Za-z]*)", re.MULTILINE)
_CPU = re.compile(r"The CPU time used is ([\d.]+) seconds")


def size(text: str | None) -> int | None:
    """Bytes; a number without a unit are KB, as LSF's limits are unless the site says otherwise. None: no size."""
    found = _SIZE.fullmatch(text.strip()) if text else None
    return round(float(found[1]) * _POWER[found[2].upper() or _plain(found[0])]) if found else None


def _plain(text: str) -> str:
    return "B" if "b" in text.lower() else "K"


def seconds(text: str | None) -> float | None:
    """Of `0.3 second(s)`."""
    found = _SECONDS.fullmatch(text.strip()) if text else None
    return float(found[1]) if found else None


def run_limit(text: str | None) -> float | None:
    """Seconds, of minutes such as `60.0`, `1:30`, `60.0 min of host1`, `60.0/host1`."""
    found = _TIME.fullmatch(text.strip()) if text else None
    return (int(found[1] or 0) * 60 + float(found[2])) * 60 if found else None


def described(block: str, events: str) -> Usage:
    """From the long description of one job, not folded; `events`: what happened to it."""
    limits = dict(limit for heading, values in _SECTION.findall(block) for limit in _limits(heading, values))
    peak = _MAX_MEMORY.findall(block)
    cpu = _CPU.findall(events)
    return Usage(
        max_memory=size(peak[-1]) if peak else None,
        memory_limit=size(limits.get("MEMLIMIT")),
        run_limit=run_limit(limits.get("RUNLIMIT")),
        cpu_time=seconds(cpu[-1].rstrip(".")) if cpu else None,
    )


def _limits(heading: str, values: str) -> list[tuple[str, str]]:
    """Several limits may stand beside each other. What does not come out even is not guessed at."""
    names, found = heading.split(), _LIMIT.findall(values)
    return list(zip(names, found, strict=True)) if len(names) == len(found) else []
