"""LSF's report in a job's output."""

from realtime.domain.lsf_report import is_report_line, without_report

BEFORE = "Sender: LSF System <x>\nSubject: Job 7: <a> Exited\n\nThe output (if any) follows:\n\none\ntwo\n"
BEHIND = "one\ntwo\n\n" + "-" * 60 + "\nSender: LSF System <x>\nTERM_MEMLIMIT: job killed\n"


def test_the_report_is_left_out_before_and_behind_the_output() -> None:
    assert without_report(BEFORE) == "\none\ntwo\n"
    assert without_report(BEHIND) == "one\ntwo\n\n"


def test_output_without_a_report_stays() -> None:
    for text in ("", "one\n", "The output (if any) follows: no report\nx\n"):
        assert without_report(text) == text


def test_lsfs_own_words_are_no_line_of_the_job() -> None:
    assert is_report_line("TERM_MEMLIMIT: job killed after reaching LSF memory usage limit.")
    assert is_report_line("Exited with exit code 3.")
    assert not is_report_line("Error: killed")
