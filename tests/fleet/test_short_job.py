"""With two processes a job that lives one second is told in full."""

from pathlib import Path

from tests.end_to_end.installation import installed


def test_a_job_that_lives_one_second_has_every_transition_exactly_once(tmp_path: Path) -> None:
    with installed(tmp_path, PROCESSES="2", POLL_INTERVAL="0.2") as running:
        running.start()
        running.prepare(brief=running.script("brief.sh", "#!/bin/sh\nbsub -q normal -o /dev/null 'sleep 1'\n"))
        jobs = [job for _ in range(3) for job in running.apply("brief")]
        for job in jobs:
            running.until_status(job, "DONE")
            assert running.history(job) == ["Request Sent", "PEND", "RUN", "DONE"]
        told = running.get("/experiments/demo/transitions")["items"]
        seqs = [item["seq"] for item in told]
        assert len(set(seqs)) == len(seqs) == 4 * len(jobs)
