"""`batchboard apply` and `batchboard kill`."""

import json

from tests.client_commands.serving import batchboard, new_experiment, new_job
from tests.pages.manager import Manager


def test_a_hash_is_applied_to_runs(manager: Manager) -> None:
    new_experiment(manager, "applied", runs=3)
    code, said, wrong = batchboard(manager, "apply", "one", "1,3", "-e", "applied")
    assert (code, wrong) == (0, "")
    assert [line.split()[3:] for line in said.splitlines()] == [
        ["run", "1", "one", "Request", "Sent"],
        ["run", "3", "one", "Request", "Sent"],
    ]
    code, said, wrong = batchboard(manager, "apply", "one", "all", "--only", "missing", "-e", "applied")
    assert (code, len(said.splitlines())) == (0, 1)
    assert [line.split(":")[0] for line in wrong.splitlines()] == ["run 1 left out", "run 3 left out"]


def test_the_answer_may_be_had_as_json(manager: Manager) -> None:
    new_experiment(manager, "json")
    more = "--parameters", "a b", "--json", "-e", "json"
    code, said, _ = batchboard(manager, "apply", "one", "2", *more)
    answer = json.loads(said)
    assert (code, answer["skipped"]) == (0, [])
    assert [(job["run"], job["parameters"]) for job in answer["jobs"]] == [(2, "a b")]


def test_a_request_that_is_refused_makes_nothing_and_ends_with_1(manager: Manager) -> None:
    new_experiment(manager, "refused")
    for arguments in (("nope", "1"), ("one", "1-9"), ("one", "first")):
        code, said, wrong = batchboard(manager, "apply", *arguments, "-e", "refused")
        assert (code, said) == (1, "")
        assert wrong.startswith("Error: ")
    assert manager.call("GET", "/experiments/refused/jobs")["items"] == []


def test_jobs_are_killed_by_id_and_by_number(manager: Manager) -> None:
    new_experiment(manager, "killed")
    first, second = new_job(manager, "killed"), new_job(manager, "killed")
    code, said, wrong = batchboard(manager, "kill", first["id"], str(second["number"]), BATCHBOARD_EXPERIMENT="killed")
    assert (code, wrong) == (0, "")
    assert [line.split()[2] for line in said.splitlines()] == [first["id"], second["id"]]
    assert {row["status"] for row in manager.call("GET", "/experiments/killed/jobs")["items"]} == {"EXIT"}


def test_those_that_can_be_killed_are_killed(manager: Manager) -> None:
    new_experiment(manager, "some")
    job = new_job(manager, "some")
    code, said, wrong = batchboard(manager, "kill", "77", str(job["number"]), "f" * 24, "-e", "some")
    assert code == 1
    assert said.split()[2] == job["id"]
    assert [line.split(":")[0] for line in wrong.splitlines()] == ["job 77", f"job {'f' * 24}"]


def test_a_number_without_an_experiment_is_a_wrong_call(manager: Manager) -> None:
    assert batchboard(manager, "kill", "1")[0] == 2
    assert batchboard(manager, "kill", "../../experiments", "-e", "some")[0] == 2


def test_without_a_manager_there_is_one_line_and_exit_code_1(manager: Manager) -> None:
    for arguments in (("apply", "one", "1"), ("kill", "1"), ("log", "1"), ("log", "-f", "1"), ("watch", "--json")):
        code, said, wrong = batchboard(
            manager, *arguments, BATCHBOARD_MANAGER_URL="http://127.0.0.1:9", BATCHBOARD_EXPERIMENT="x"
        )
        assert (code, said) == (1, "")
        assert wrong.startswith("Error: no manager at") and wrong.count("\n") == 1
