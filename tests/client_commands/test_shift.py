"""`batchboard shift`."""

from tests.client_commands.serving import batchboard, new_experiment
from tests.pages.manager import Manager


def test_the_last_hours_are_printed_as_markdown(manager: Manager) -> None:
    new_experiment(manager, "handed-over", runs=3)
    code, said, wrong = batchboard(manager, "shift", "handed-over", "--hours", "2")
    assert (code, wrong) == (0, "")
    assert said.startswith("# handed-over: ")
    assert "3 runs taken: 1-3. 0 processed, 3 not: 1-3." in said


def test_what_cannot_be_told_ends_with_1(manager: Manager) -> None:
    code, said, wrong = batchboard(manager, "shift", "nowhere")
    assert (code, said) == (1, "")
    assert wrong.startswith("Error: there is no experiment")
    assert batchboard(manager, "shift", "nowhere", "--hours", "0")[0] == 2
