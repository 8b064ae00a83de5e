"""`batchboard log`, with an agent that answers."""

import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from tests.bus.waiting import until_sync
from tests.client_commands.serving import batchboard, command, environ, new_experiment, new_job
from tests.pages.agent import Agent
from tests.pages.manager import Manager


@pytest.fixture
def agent(manager: Manager) -> Iterator[Agent]:
    agent = Agent(manager.url)
    agent.start()
    yield agent
    agent.close()


def lay_out(agent: Agent, job: dict[str, Any], text: str, *, complete: bool, source: str = "file") -> None:
    """What the agent says of the log from now on, wherever it is asked to begin."""
    agent.answers[f"{job['id']}/log"] = {"log": Log(text, complete, source)}


class Log(dict[str, Any]):
    """A log answer that is the same whatever is asked."""

    def __init__(self, text: str, complete: bool, source: str) -> None:
        size = len(text.encode())
        super().__init__(
            text=text, source=source, offset=0, next=size, size=size, path="/scratch/7.out", complete=complete
        )


def running(agent: Agent, job: dict[str, Any]) -> None:
    agent.claim(job["id"])
    agent.submitted(job["id"], "731882")
    agent.lsf(job["id"], "731882", "RUN")


def test_the_output_is_printed_as_it_is(manager: Manager, agent: Agent) -> None:
    job = new_job(manager, new_experiment(manager, "printed"))
    assert batchboard(manager, "log", job["id"]) == (0, "", "batchboard: no output yet\n")
    running(agent, job)
    lay_out(agent, job, "begin\n\x1b[31mred\x1b[0m\nend", complete=True)
    assert batchboard(manager, "log", "1", "-e", "printed") == (0, "begin\n\x1b[31mred\x1b[0m\nend", "")


def test_an_agent_that_is_away_is_told(manager: Manager, agent: Agent) -> None:
    job = new_job(manager, new_experiment(manager, "told"))
    running(agent, job)
    code, said, wrong = batchboard(manager, "log", job["id"])
    assert (code, said) == (1, "")
    assert wrong.startswith("Error: ")


def test_a_log_is_followed_to_its_end(manager: Manager, agent: Agent) -> None:
    job = new_job(manager, new_experiment(manager, "followed"))
    running(agent, job)
    lay_out(agent, job, "begin\n", complete=False)
    with subprocess.Popen(
        command("log", "-f", job["id"]), env=environ(manager), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as following:
        assert following.stdout is not None and following.stderr is not None
        assert following.stdout.readline() == "begin\n"
        agent.lsf(job["id"], "731882", "DONE")
        lay_out(agent, job, "", complete=True)
        assert following.wait(20) == 0
        assert following.stderr.read().startswith("batchboard: ")


def test_who_has_seen_enough_ends_it_quietly(manager: Manager, agent: Agent) -> None:
    job = new_job(manager, new_experiment(manager, "enough"))
    running(agent, job)
    lay_out(agent, job, "begin\n", complete=False)
    with subprocess.Popen(
        command("log", "-f", job["id"]), env=environ(manager), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as following:
        assert following.stdout is not None and following.stderr is not None
        assert following.stdout.readline() == "begin\n"
        following.stdout.close()
        until_sync(lambda: following.poll() is not None)
        assert (following.returncode, following.stderr.read()) == (0, "")
