"""How LSF and its relatives differ: options, fields and texts that one has and another lacks."""

from enum import StrEnum


class Dialect(StrEnum):
    """What the commands understand and print."""

    LSF10 = "lsf10"
    """LSF 10.1"""
    LSF9 = "lsf9"
    """LSF 9: no JSON"""
    OPEN = "open"
    """An open descendant: JSON of another layout, no -noheader, no delimiter, no exit code, no reasons of an end."""
    WIDE = "wide"
    """An old descendant: tables only."""

    @property
    def descends(self) -> bool:
        """Whether it is no LSF of IBM's."""
        return self in (Dialect.OPEN, Dialect.WIDE)


VERSIONS = {
    Dialect.LSF10: "Batchboard embedded scheduler 1.0 (speaks LSF 10.1), Nov 22 2026",
    Dialect.LSF9: "Batchboard embedded scheduler 1.0 (speaks LSF 9.1), Nov 22 2026",
    Dialect.OPEN: "Batchboard embedded scheduler 1.0 (speaks as an open descendant of LSF), Nov 22 2026",
    Dialect.WIDE: "Batchboard embedded scheduler 1.0 (speaks as an old descendant of LSF), Nov 22 2026",
}
BJOBS_LACKS = {
    Dialect.LSF10: (),
    Dialect.LSF9: ("json",),
    Dialect.OPEN: ("noheader",),
    Dialect.WIDE: ("noheader", "json", "o", "UF"),
}
"""Options."""
FIELDS_LACK = {
    Dialect.LSF10: (),
    Dialect.LSF9: ("runtimelimit",),
    Dialect.OPEN: ("exit_code", "exit_reason", "max_mem", "memlimit", "pend_reason", "nexec_host", "slots", "pids"),
    Dialect.WIDE: (),
}
"""Of `bjobs -o`."""
BSUB_MISREADS = ("oo", "eo", "env", "cwd")
"""Options that a descendant of LSF takes for shorter ones with a value: `-oo FILE` for `-o o` and a command."""
