"""Servers, Redis and clients are killed, stopped, restarted, and nobody misses a change. (`make chaos`: for long.)"""

import pytest

from tests.chaos.chaos import Plan, chaos


@pytest.mark.timeout(180)
async def test_whatever_dies_everybody_reaches_the_newest_state_and_no_answered_write_is_lost() -> None:
    outcome = await chaos(Plan(seed=4, seconds=12, subscribers=48, crowds=2))
    assert not outcome.wrong, outcome.text()
    assert not outcome.tracebacks, outcome.text()
    assert {fault.split(" ")[0] for fault in outcome.faults} == {"redis", "server", "clients"}, outcome.text()
    counts, answers = outcome.told.counts, outcome.ledger.answers
    assert min(counts[kind] for kind in ("snapshot", "resumes", "reset", "delta", "client: changes")) > 0, (
        outcome.text()
    )
    assert min(answers[what] for what in ("report 200", "apply 201", "kill 202", "delete 204")) > 0, outcome.text()
    assert outcome.compared["subscribers equal to it"] == 48, outcome.text()
