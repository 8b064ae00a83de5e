"""Two agents on one spool, of which one after the other is killed."""

from pathlib import Path

from tests.end_to_end.installation import installed, until
from tests.end_to_end.test_exactly_once import AGENTS, Farm


def test_of_two_agents_on_one_spool_the_other_goes_on_with_what_a_killed_one_has_begun(tmp_path: Path) -> None:
    with installed(tmp_path, LOCAL_SLOTS="20", POLL_INTERVAL="1") as installation:
        installation.start_manager()
        farm = Farm(installation)
        farm.go.touch()
        for name in AGENTS:
            installation.start_agent(name)
        for turn in range(4):
            farm.apply("slow", 6)
            until(lambda: farm.waiting() < 6, "scripts have begun", 15)
            installation.kill(AGENTS[turn % 2])
            installation.start_agent(AGENTS[turn % 2])
        until(lambda: all(row["status"] == "DONE" for row in farm.rows().values()), "all are done", 40, farm.unsettled)
        made = farm.made()
        assert all(len(row["lsf_ids"]) == 1 == len(made[job]["1"]) for job, row in farm.rows().items())
        assert len(farm.jobs) == 24 == farm.were_run().total()
