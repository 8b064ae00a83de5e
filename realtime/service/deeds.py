"""What people and programs did, in the words of the experiment's activity."""

from collections.abc import Iterable

from realtime.domain.names import listed_runs
from realtime.store.jobs import StoredJob
from realtime.store.tx import Tx

TEXT_LIMIT = 200
"""Characters of a text of theirs that is quoted."""
NAMES_LIMIT = 10


def shortened(text: str | None) -> str:
    """A text of theirs on one line, in quotes; `nothing` when there is none."""
    line = " ".join((text or "").split())
    if not line:
        return "nothing"
    return f'"{line}"' if len(line) <= TEXT_LIMIT else f'"{line[:TEXT_LIMIT]}…"'


def on_runs(runs: Iterable[int]) -> str:
    """`run 12`, or `12 runs: 1-10, 15, 20`."""
    known = sorted(set(runs))
    return f"run {known[0]}" if len(known) == 1 else f"{len(known)} runs: {listed_runs(known)}"


def note_job(tx: Tx, stored: StoredJob, by: str, action: str, text: str) -> None:
    """Note what was done with one job."""
    tx.note(
        stored.experiment,
        by=by,
        action=action,
        text=text,
        run=stored.run,
        job=stored.job.id,
        definition=stored.definition,
    )


def note_jobs(tx: Tx, chosen: list[StoredJob], by: str, action: str, done: str) -> None:
    """Note what was done with several jobs of an experiment: one entry for all."""
    if len(chosen) == 1:
        note_job(tx, chosen[0], by, action, one_job(done, chosen[0]))
        return
    runs = {stored.run for stored in chosen}
    hashes = {stored.definition: stored.definition_name for stored in chosen}
    text = f"{done} {len(chosen)} jobs of {listed_names(hashes.values())} on {on_runs(runs)}"
    tx.note(
        chosen[0].experiment,
        by=by,
        action=action,
        text=text,
        run=runs.pop() if len(runs) == 1 else None,
        definition=hashes.popitem()[0] if len(hashes) == 1 else None,
    )


def one_job(done: str, stored: StoredJob, more: str = "") -> str:
    """`killed calib on run 12`."""
    return f"{done} {stored.definition_name} on run {stored.run}{more}"


def listed_names(names: Iterable[str]) -> str:
    """Each once, not too many."""
    known = list(dict.fromkeys(names))
    more = len(known) - NAMES_LIMIT
    return ", ".join(known[:NAMES_LIMIT]) + (f" and {more} more" if more > 0 else "")
