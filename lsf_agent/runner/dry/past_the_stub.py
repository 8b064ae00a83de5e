"""What in a script's text would lead past a `bsub` that is found by PATH, to the real one."""

import re

_COMMENT = re.compile(rb"^\s*#(?!!).*$", re.MULTILINE)
_BY_PATH = re.compile(rb"[^\s\"'`;|&()<>=,\[\]]*/bsub(?![\w.\-/])")
_OURS = frozenset({b"$LSF_BINDIR/bsub", b"${LSF_BINDIR}/bsub"})
"""Leads to the stub, too: the variable is set so."""
_PROFILE = re.compile(
    rb"(?:^|[\s;&|({])(?:\.|source)\s+[\"']?(\S*(?:profile\.lsf|cshrc\.lsf|/etc/profile|\.bash_profile|\.profile))\b",
    re.MULTILINE,
)
_MODULE = re.compile(rb"\bmodule\s+(?:load|add|switch|swap)\s+[^\n;&|]*?\b(lsf[\w./-]*)", re.IGNORECASE)
_LOGIN = re.compile(rb"(?:^#!\s*\S*|\b)(?:ba|k|z|da)?sh\s+(?:-[a-z]*l[a-z]*\b|--login\b)", re.MULTILINE)


def leads_past(text: bytes) -> str | None:
    """Why the script must not be run with a bsub that only prints, or None. What it does not write out, nobody sees."""
    code = _COMMENT.sub(b"", text)
    for called in _BY_PATH.finditer(code):
        if called[0] not in _OURS:
            return f"it calls bsub by its path, {_word(called[0])} (line {_line(code, called)})"
    if found := _PROFILE.search(code):
        return f"it reads {_word(found[1])} (line {_line(code, found)}), which may lead to the real bsub"
    if found := _MODULE.search(code):
        return f"it loads the module {_word(found[1])} (line {_line(code, found)}), which may lead to the real bsub"
    if found := _LOGIN.search(code):
        return f"it starts a login shell (line {_line(code, found)}), whose profile may lead to the real bsub"
    return None


def _word(found: bytes) -> str:
    return found.decode(errors="replace")[:200]


def _line(code: bytes, found: re.Match[bytes]) -> int:
    at = found.start() + len(found[0]) - len(found[0].lstrip())
    return code.count(b"\n", 0, at) + 1
