"""bsub's options and its way with command words, without a daemon."""

from datetime import UTC, datetime
from typing import Any

import pytest

from lsf_agent.embedded import bsub, bsub_options, environment
from lsf_agent.embedded.events import Submission, Submitted
from lsf_agent.embedded.jobs import Book
from lsf_agent.embedded.options import RefusedError

NOW = datetime(2026, 11, 22, 8, 7, 30, tzinfo=UTC)
CALLER = bsub.Caller(
    user="ana", host="vm", cwd="/work dir", umask=0o022, token="t", environment={"A": "1", "B": "2"}, slots=4, now=NOW
)


def asked(*words: str, script: str | None = None, book: Book | None = None) -> Submission:
    parsed = bsub_options.options(words)
    if script is not None:
        parsed = bsub_options.with_script(parsed, script)
    return bsub.submission(parsed, script, CALLER, book or Book())


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["true"], "true"),
        (["echo a; echo b > f"], "echo a; echo b > f"),
        (["python3", "-u", "/a b/submit.py", "xppx1", "12"], 'python3 -u "/a b/submit.py" xppx1 12'),
        (["bash", "-c", "echo 7 >> f"], 'bash -c "echo 7 >> f"'),
        (["echo", 'say "hi" now'], "echo 'say \"hi\" now'"),
        (["echo", "my $HOME"], "echo 'my $HOME'"),
        (["echo", "it's a"], 'echo "it\'s a"'),
        (["echo", "a;b", "$HOME"], "echo a;b $HOME"),
        (["my prog", "x"], "my prog x"),
        (["echo", ""], "echo "),
    ],
)
def test_command_words_become_a_line_for_the_shell(words: list[str], line: str) -> None:
    assert asked(*words).command == line


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["-q", "psdebugq"], {"queue": "psdebugq"}),
        ([], {"queue": "normal", "job_name": "true", "out": None, "project": "default"}),
        (["-o", "a"], {"out": "a", "out_appends": True}),
        (["-oo", "a"], {"out": "a", "out_appends": False}),
        (["-oo", "a", "-o", "b"], {"out": "b", "out_appends": True}),
        (["-e", "a"], {"err": "a", "err_appends": True}),
        (["-eo", "a"], {"err": "a", "err_appends": False}),
        (["-J", "a b/c"], {"job_name": "a b/c", "indices": ()}),
        (["-J", "n[1-3]"], {"job_name": "n", "indices": (1, 2, 3)}),
        (["-J", "n[2,7]"], {"job_name": "n", "indices": (2, 7)}),
        (["-J", "n[1-9:4]%2"], {"job_name": "n", "indices": (1, 5, 9), "at_once": 2}),
        (["-J", "bad[3-"], {"job_name": "bad[3-", "indices": ()}),
        (["-n", "2"], {"slots": 2}),
        (["-n2,8"], {"slots": 2}),
        (["-x"], {"exclusive": True}),
        (["-W", "10"], {"run_limit": 10}),
        (["-W", "1:30/vm"], {"run_limit": 90}),
        (["-cwd", "sub"], {"cwd": "/work dir/sub"}),
        (["-cwd", "/tmp"], {"cwd": "/tmp"}),
        (["-H"], {"held": True}),
        (["-N"], {"mailed": True}),
        (["-i", "in"], {"stdin": "in"}),
        (["-P", "proj"], {"project": "proj"}),
        (["-b", "23:59"], {"begin_at": datetime(2026, 11, 22, 23, 59, tzinfo=UTC)}),
        (["-b", "8:00"], {"begin_at": datetime(2026, 11, 23, 8, 0, tzinfo=UTC)}),
        (["-b", "12:24:8:00"], {"begin_at": datetime(2026, 12, 24, 8, 0, tzinfo=UTC)}),
        (["-E", "pre x", "-Ep", "post"], {"pre": "pre x", "post": "post"}),
        (["-R", "rusage[mem=100] span[hosts=1]", "-m", "vm"], {}),
        (["-u", "a@b", "-B", "-r", "-G", "g", "-app", "p", "-sp", "9", "-L", "/bin/sh", "-M", "100"], {}),
        (["-C", "0", "-v", "9", "-S", "9", "-D", "9", "-c", "9", "-F", "9", "-T", "9", "-a", "x"], {}),
    ],
)
def test_an_option_and_its_argument_are_not_the_command(words: list[str], expected: dict[str, Any], utc: None) -> None:
    submission = asked(*words, "true")
    assert submission.command == "true"
    assert {name: getattr(submission, name) for name in expected} == expected


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["-q", "nosuchq"], "nosuchq: No such queue."),
        (["-W", "abc"], "abc: Bad RUNLIMIT specification."),
        (["-W", "0"], "0: Bad RUNLIMIT specification."),
        (["-n", "999"], "Too many processors requested."),
        (["-n", "0"], "0: Bad processor number specification."),
        (["-m", "nosuchhost"], "nosuchhost: Bad host name, host group name or cluster name."),
        (["-R", "select[foo"], "Bad resource requirement syntax."),
        (["-J", "a" * 5000], "Bad job name."),
        (["-J", "n[1-2000]"], "Job array index too large."),
        (["-w", "done(7)"], "7: No matching job found."),
        (["-w", "done(7) || done(8)"], "done(7) || done(8): Bad dependency condition;"),
        (["-w", "post_done(7)"], "post_done(7): Bad dependency condition;"),
        (["-b", "25:00"], "25:00: Bad time specification."),
        (["-b", "soon"], "soon: Bad time specification."),
        (["-f", "a > b"], "-f: not available with the embedded scheduler."),
        (["-k", "dir"], "-k: not available with the embedded scheduler."),
        (["-I", "-J", "n[1-2]"], "Interactive mode not supported for a job array."),
        (["-o", ""], "Bad output file name."),
    ],
)
def test_what_cannot_be_done_is_refused_with_its_reason(words: list[str], text: str) -> None:
    with pytest.raises(RefusedError) as refused:
        asked(*words, "true")
    assert str(refused.value).startswith(text)
    assert str(refused.value).endswith("Job not submitted.")


def test_an_unknown_option_and_a_missing_argument_show_the_usage() -> None:
    with pytest.raises(RefusedError, match="invalid option -- 'Q'\nUsage: bsub"):
        asked("-QQ", "true")
    with pytest.raises(RefusedError, match="option requires an argument -- q\nUsage: bsub"):
        asked("-q")


def test_options_in_a_script_count_unless_the_command_line_says_otherwise() -> None:
    script = '#!/bin/bash\n#BSUB -q psdebugq\n#BSUB -J "in script" # a remark\n#BSUB -n 2 -W 5\necho hi\n'
    submission = asked("-J", "outside", script=script)
    assert (submission.queue, submission.job_name, submission.slots, submission.run_limit) == (
        "psdebugq",
        "outside",
        2,
        5,
    )
    assert (submission.shell, submission.script) == ("/bin/bash", script)
    assert submission.command.startswith("#!/bin/bash;#BSUB -q psdebugq;")
    with pytest.raises(RefusedError, match="No closing quotation"):
        asked(script="#BSUB -J 'open\ntrue\n")


def test_a_dependency_needs_jobs_that_exist() -> None:
    book = Book()
    book.apply(Submitted(id=7, at=NOW, submission=asked("true")))
    assert asked("-w", "done(7) && ended(7)", "true", book=book).after == "done(7) && ended(7)"


@pytest.mark.parametrize(
    ("option", "expected"),
    [
        ("all", {"A": "1", "B": "2"}),
        ("none", {}),
        ("A", {"A": "1"}),
        ("C=3, A", {"C": "3", "A": "1"}),
        ("all, ~A, C=", {"B": "2", "C": ""}),
        ("none, A", None),
        ("~A=1", None),
        ("a b", None),
    ],
)
def test_env_chooses_what_is_handed_on(option: str, expected: dict[str, str] | None) -> None:
    assert environment.chosen(option, CALLER.environment) == expected
