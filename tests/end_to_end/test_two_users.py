"""The main job with two Unix users without a shared data directory on a slow farm: its log, doubles, a silent LSF."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.end_to_end.installation import Installation, until
from tests.end_to_end.slow_farm import SLOW, two_unix_users_on_a_slow_farm


@pytest.mark.timeout(150)
def test_the_main_job_with_two_unix_users_without_a_shared_data_directory_on_a_slow_farm() -> None:
    with two_unix_users_on_a_slow_farm() as apart:
        apart.start()
        apart.prepare(runs=2, example=str(apart.scripts / "submit.sh"), progress=str(apart.scripts / "progress.sh"))
        (long,) = apart.apply("progress", 2)
        (example,) = apart.apply("example", 1)
        apart.until_status(example, "RUN", seconds=40)
        log = apart.until_log(example, "Step: 1")
        assert log["source"] == "bpeek"
        row = apart.until_status(example, "DONE", seconds=40)
        assert row["counters"][0]["value"] == 10
        log = apart.until_log(example, whole=True)
        assert log["source"] == "file" and Path(str(log["path"])).owner() == "nobody"
        apart.until_status(long, "RUN", seconds=40)
        assert f"Job <{apart.job(long)['lsf_id']}>" in apart.get(f"/jobs/{long}/details")["text"]
        apart.post(f"/jobs/{long}/kill")
        assert "TERM_OWNER" in apart.until_status(long, "EXIT", seconds=40)["reason"]
        assert len(apart.submissions()) == 2
        assert not (apart.manager_dir / "agent").exists()


@pytest.mark.timeout(200)
def test_doubles_a_silent_lsf_a_doubt_and_a_lost_host_with_two_unix_users_on_a_slow_farm() -> None:
    timed_out = {"command": "bsub", "times": 1, "answer": "timed out"}
    with two_unix_users_on_a_slow_farm() as apart:
        apart.start()
        apart.prepare(
            runs=2,
            sleeps=apart.script("sleeps.sh", "#!/bin/sh\nexec bsub -q normal -o /dev/null sleep 300\n"),
            named=apart.script("named.sh", "#!/bin/sh\nexec bsub -J mine -q normal -o /dev/null sleep 300\n"),
        )
        apart.faults(**SLOW, rules=[timed_out | {"jobs": 3}])
        (tripled,) = apart.apply("sleeps", 1)
        row = apart.until_status(tripled, "PEND", "RUN", seconds=40)
        (kept,), surplus = row["lsf_ids"], apart.get(f"/jobs/{tripled}/lsf-jobs")["surplus"]
        assert sorted([kept, *surplus]) == ["1", "2", "3"]
        reasons = [item["reason"] or "" for item in apart.get(f"/jobs/{tripled}/transitions")["items"]]
        assert any(f"LSF {kept} found by its tag" in reason and "killed" in reason for reason in reasons)

        apart.faults(**SLOW, rules=[timed_out])
        (named,) = apart.apply("named", 2)
        until(lambda: "named its job 'mine'" in apart.job(named)["detail"], "a person is asked", 40)
        assert apart.job(named)["status"] == "LSF_Slow"
        apart.post(f"/jobs/{named}/adopt", {"lsf_id": "4"})
        assert apart.until_status(named, "PEND", "RUN", seconds=40)["lsf_ids"] == ["4"]

        apart.until_status(tripled, "RUN", seconds=40)
        apart.faults(**SLOW, silent=["bjobs"])
        until(lambda: _location(apart)["scheduler_silent_since"], "LSF is said to be silent", 40)
        assert apart.job(tripled)["status"] == "RUN", "statuses keep their last value"
        apart.faults(**SLOW, away=[kept])
        apart.until_status(tripled, "UNKWN", seconds=60)
        until(lambda: not _location(apart)["scheduler_silent_since"], "back to normal by itself", 20)
        apart.post(f"/jobs/{tripled}/kill")
        apart.until_status(tripled, "ZOMBI", seconds=40)
        apart.post(f"/jobs/{tripled}/kill", {"force": True})
        assert "TERM_FORCE_OWNER" in apart.until_status(tripled, "EXIT", seconds=40)["reason"]
        assert len(apart.submissions()) == 4


def _location(running: Installation) -> dict[str, Any]:
    (location,) = httpx.get(f"{running.url}/readyz").json()["locations"]
    return dict(location)
