"""`python -m realtime.demo.shift`: the beam line of a shift that has gone on for long, by the public API.

To each new run some hashes are applied as the shift's automatic analysis would; they really run.
"""

import logging
import sys
from pathlib import Path

from realtime.cli.api import Api
from realtime.demo.beamline import Beamline
from realtime.demo.going_on import go_on
from realtime.demo.past import Past, bring_past
from realtime.domain.errors import Conflict
from realtime.protocol.api import DefinitionPage
from realtime.protocol.rows import DefinitionRow
from realtime.settings import Settings

log = logging.getLogger("beamline")

EXPERIMENT = "shift"
HOME = f"/experiments/{EXPERIMENT}"
RUNS, JOBS_PER_RUN = 400, 15
KINDS = ("calib", "peakfind", "index", "integrate", "merge", "azimuthal", "droplet", "smalldata", "autocorr", "xes")
DETECTORS = ("epix10k_gain_v3", "jungfrau4M_pede_v2", "rayonix_binned_v11")
BEAMTIME = "beamtime_2026-11"
QUICK, LONG, FAILING = "submit.py", "progress.py", "fails.py"
JOBS = (QUICK, LONG, QUICK, QUICK, LONG, QUICK, LONG, QUICK, LONG, FAILING)
"""of the kinds: a job of ten seconds, of a minute, and one that ends badly"""
SCRIPT = """#!/bin/sh
# Submits {kind} of one run; called as: {kind}.sh EXPERIMENT RUN PARAMETER...
unset CDPATH
here=$(cd -- "$(dirname -- "$0")" && pwd) || exit
mkdir -p -- "$here/logs" || exit
exec bsub -q psdebugq{name} -o "$here/logs/%J" python3 -u "$here/../{job}" "$@"
"""
FAILS_EVERY = 4
"""Of so many runs one gets the hash that fails."""
LIVE_LIMIT = 28
"""As long as so many jobs are live, none is added."""


def names() -> tuple[str, ...]:
    """Thirty, as long as people make them."""
    return tuple(f"{kind}_{detector}-{BEAMTIME}" for detector in DETECTORS for kind in KINDS)


def lay_out(folder: Path) -> tuple[Path, ...]:
    """One script for each kind, below `folder`; one that is there already stays as it is."""
    folder.mkdir(parents=True, exist_ok=True)
    scripts = tuple(folder / f"{kind}.sh" for kind in KINDS)
    for script, job in zip(scripts, JOBS, strict=True):
        if not script.exists():
            # A job that its script has named cannot be told from others when LSF has not answered: some do so.
            name = f" -J {script.stem}" if job == FAILING else ""
            script.write_text(SCRIPT.format(kind=script.stem, name=name, job=job))
            script.chmod(0o755)
    return scripts


async def bring_shift(data_dir: Path) -> None:
    """The shift so far: 400 runs and 6,000 jobs, unless an earlier start has made it. The manager must not run.

    Raises BatchboardError when the store cannot be used, OSError when the folder of the scripts cannot.
    """
    scripts = lay_out(data_dir / "scripts" / EXPERIMENT)
    past = Past(
        experiment=EXPERIMENT,
        runs=RUNS,
        hashes=len(names()),
        jobs_per_run=JOBS_PER_RUN,
        names=names(),
        scripts=scripts,
    )
    try:
        await bring_past(data_dir, past)
    except Conflict:
        log.debug("%s is there already", EXPERIMENT)


class Shift(Beamline):
    """Takes runs as the beam line of the plain demo does, of another experiment, which must be there."""

    def __init__(self, api: Api, settings: Settings) -> None:
        super().__init__(api, settings, EXPERIMENT)

    def set_up(self) -> None:
        """Raises Refused when there is no such experiment."""
        self._experiment()

    def follow(self, run: int) -> None:
        """Several hashes, as many as there is room for."""
        room = LIVE_LIMIT - self._experiment().jobs_live
        for definition in usual(self._ours(), run)[: max(0, room)]:
            self._apply(definition.name, run)

    def _ours(self) -> list[DefinitionRow]:
        found = self._api.get(f"{HOME}/definitions", DefinitionPage, limit=500).items
        return [definition for definition in found if definition.archived_at is None and definition.executable]


def usual(definitions: list[DefinitionRow], run: int) -> list[DefinitionRow]:
    """What is applied to a run: two quick hashes, a long one, and sometimes one that fails; others for the next run."""
    by_job = {
        job: [one for one in definitions if Path(one.executable or "").stem in kinds]
        for job, kinds in _kinds_of_jobs().items()
    }
    chosen = [*_in_turn(by_job[QUICK], 2 * run, 2), *_in_turn(by_job[LONG], run, 1)]
    return [*chosen, *(_in_turn(by_job[FAILING], run // FAILS_EVERY, 1) if run % FAILS_EVERY == 0 else [])]


def _kinds_of_jobs() -> dict[str, set[str]]:
    kinds: dict[str, set[str]] = {}
    for kind, job in zip(KINDS, JOBS, strict=True):
        kinds.setdefault(job, set()).add(kind)
    return kinds


def _in_turn(definitions: list[DefinitionRow], first: int, count: int) -> list[DefinitionRow]:
    return [definitions[(first + n) % len(definitions)] for n in range(min(count, len(definitions)))]


def main() -> int:
    """2: the settings are wrong; otherwise it does not return."""
    return go_on(log, Shift)


if __name__ == "__main__":
    sys.exit(main())
