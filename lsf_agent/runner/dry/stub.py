"""A `bsub` that only prints, and its like: `python -I -S stub.py FOLDER COMMAND ARGUMENT...`. What it is called with is
noted in FOLDER's `calls.jsonl`; LSF is not asked for anything."""

import fcntl
import json
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

COMMANDS = (
    *("bsub", "bjobs", "bkill", "bpeek", "bmod", "bstop", "bresume", "brequeue", "bswitch", "btop", "bbot", "bresize"),
    *("bgadd", "bgdel", "bgmod", "bpost", "brun", "lsrun", "lsgrun", "blaunch"),
)
KEPT = 16 * 1024
"""Bytes that are noted of a call's standard input, and of its arguments."""
READ_AT_MOST = 64 * 1024 * 1024
NOT_FOUND = 255


def main(folder: Path, command: str, words: Sequence[str]) -> int:
    """An exit code such as LSF's."""
    if command == "bsub":
        return _bsub(folder, words)
    _note(folder, command, words, b"")
    jobs = [word for word in words if word.partition("[")[0].isdecimal()] or ["0"]
    if command == "bkill":
        print(*(f"Job <{job}> is being terminated" for job in jobs), sep="\n")
    elif command == "bmod":
        print(*(f"Parameters of job <{job}> are being changed" for job in jobs), sep="\n")
    elif command == "bpeek":
        print(*(f"Job <{job}> : Not yet started." for job in jobs), sep="\n")
    elif command == "bjobs":
        print(*(f"Job <{job}> is not found" for job in jobs), sep="\n", file=sys.stderr)
        return NOT_FOUND
    else:
        print(f"{command}: nothing is done in a dry run")
    return 0


def _bsub(folder: Path, words: Sequence[str]) -> int:
    # Only now: this file is run by its path, and finds the package once that is on sys.path.
    from lsf_agent.runner.arguments import SHOW_ONLY, understood

    if SHOW_ONLY & set(words[:1]):
        print("bsub of a dry run: it only prints", file=sys.stderr)
        return 0
    script = _script() if understood(words).reads_command else b""
    _note(folder, "bsub", words, script)
    queue = _queue(words, script)
    print(f"Job <0> is submitted to {f'queue <{queue}>' if queue else 'default queue <dry-run>'}.")
    return 0


def _script() -> bytes:
    """What bsub would have read, to its end; the beginning is kept."""
    content, size = b"", 0
    while size < READ_AT_MOST and (piece := os.read(0, 65536)):
        size += len(piece)
        content += piece[: max(0, KEPT - len(content))]
    return content + (b"\n[cut]" if size > KEPT else b"")


def _queue(words: Sequence[str], script: bytes) -> str | None:
    """The one that is asked for, in the arguments or in a script's options."""
    if "-q" in words[:-1]:
        return words[words.index("-q") + 1]
    found = re.search(rb"^\s*#\s*BSUB\s.*?-q\s+(\S+)", script, re.MULTILINE)
    return found[1].decode(errors="replace") if found else None


def _note(folder: Path, command: str, words: Sequence[str], script: bytes) -> None:
    room = KEPT
    kept = []
    for word in words:
        kept.append(os.fsencode(word)[:room].decode(errors="replace"))
        room -= len(kept[-1])
        if room <= 0:
            kept.append("[cut]")
            break
    call = {"command": command, "arguments": kept, "stdin": script.decode(errors="replace")}
    notes = os.open(folder / "calls.jsonl", os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(notes, fcntl.LOCK_EX)
        os.write(notes, json.dumps(call).encode() + b"\n")
    finally:
        os.close(notes)


if __name__ == "__main__":
    sys.path.append(str(Path(__file__).absolute().parents[3]))
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], sys.argv[3:]))
