"""The same jobs, rendered as each LSF prints them, are read as the same facts; nothing else is read as a job."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lsf_agent.lsf import bjobs, tags, texts
from lsf_agent.lsf.bjobs import ALL_FIELDS, BASE_FIELDS, FORMATS
from lsf_agent.lsf.bsub import ids_in
from lsf_agent.lsf.elements import WORDS, records
from lsf_agent.scheduler import Facts, Killed, Past, Record, Usage

NOISE = "Cannot connect to LSF. Please wait ...\nBatch system concurrent query limit exceeded. ... Please wait\n"
HEADING = "JOBID   USER    STAT  QUEUE      FROM_HOST   EXEC_HOST   JOB_NAME   SUBMIT_TIME\n"


@dataclass(frozen=True)
class Job:
    """What LSF knows of one job, or of one element of an array. `name` may hold anything."""

    number: int
    index: int | None
    state: str
    queue: str
    host: str
    exit_code: str
    exit_reason: str
    folder: str
    output_file: str
    name: str
    cpu_used: str
    max_mem: str
    memlimit: str
    runtimelimit: str

    @property
    def jobid(self) -> str:
        return f"{self.number}" if self.index is None else f"{self.number}[{self.index}]"

    def value(self, field: str, missing: str) -> str:
        told = {
            **{"jobid": self.jobid, "stat": self.state, "queue": self.queue, "exec_host": self.host},
            **{"exit_code": self.exit_code, "exit_reason": self.exit_reason},
            **{"sub_cwd": self.folder, "output_file": self.output_file},
            **{"cpu_used": self.cpu_used, "max_mem": self.max_mem},
            **{"memlimit": self.memlimit, "runtimelimit": self.runtimelimit},
        }
        return told[field] or missing


def line_safe(text: str) -> bool:
    return len(text.splitlines()) <= 1 and "^" not in text and text == text.strip() and text != "-" and "\0" not in text


words = st.from_regex(r"[A-Za-z0-9_.*:-]{1,20}", fullmatch=True).filter(lambda word: word != "-")
paths = st.text(min_size=1, max_size=30).filter(line_safe).map(lambda text: f"/data/{text}")
jobs = st.builds(
    Job,
    number=st.integers(1, 10**12),
    index=st.none() | st.integers(1, 9999),
    state=st.sampled_from(sorted(WORDS)),
    queue=words,
    host=words | st.just(""),
    exit_code=st.just("") | st.integers(0, 255).map(str),
    exit_reason=st.sampled_from(("", "TERM_OWNER: job killed by owner", 'TERM_MEMLIMIT: a "limit"')),
    folder=st.just("") | paths,
    output_file=st.just("") | paths | st.just("logs/%J_%I.out"),
    name=st.text(max_size=30).filter(lambda name: len(name.splitlines()) <= 1),
    cpu_used=st.sampled_from(("", "0.3 second(s)")),
    max_mem=st.sampled_from(("", "7.9 Gbytes")),
    memlimit=st.sampled_from(("", "8 G")),
    runtimelimit=st.sampled_from(("", "60.0", "60.0/host1")),
)
farms = st.lists(jobs, max_size=8, unique_by=(lambda job: job.number,))


def ibm_json(farm: list[Job], fields: tuple[str, ...]) -> str:
    rows: list[dict[str, object]] = [{field.upper(): job.value(field, "") for field in fields} for job in farm]
    rows.append({"JOBID": "999", "ERROR": "Job <999> is not found"})
    return NOISE + json.dumps({"COMMAND": "bjobs", "JOBS": str(len(rows)), "RECORDS": rows}, indent=2)


def open_json(farm: list[Job], fields: tuple[str, ...]) -> str:
    rows = [{field.upper(): job.value(field, "-") for field in fields} for job in farm]
    answer = {"COMMAND": "bjobs", "JOBS": len(rows), "RECORDS": rows}
    return json.dumps(answer, indent="\t", ensure_ascii=False)


def delimited(farm: list[Job], fields: tuple[str, ...]) -> str:
    return NOISE + "".join("^".join(job.value(field, "-") for field in fields) + "\n" for job in farm)


def wide(farm: list[Job]) -> str:
    lines = [NOISE, HEADING]
    for job in farm:
        name = job.name.strip() or "x"
        named = f"{name}[{job.index}]" if job.index is not None else name.replace("[", "(")
        first_word = named.split()[0]
        if job.index is not None and not first_word.endswith(f"[{job.index}]"):
            named = f"x[{job.index}]"
        host = job.host or "-"
        lines.append(
            f"{job.number:<7} ana     {job.state:<5} {job.queue:<10} vm          {host:<11} {named} Nov 22 08:07\n"
        )
        lines.append("                                             host2\n" * (job.number % 2))
    return "".join(lines)


@settings(max_examples=40)
@given(farms)
def test_all_formats_tell_the_same(farm: list[Job]) -> None:
    full = bjobs.parse_delimited(delimited(farm, ALL_FIELDS), ALL_FIELDS)
    assert full == bjobs.parse_json(ibm_json(farm, ALL_FIELDS)) == bjobs.parse_json(open_json(farm, ALL_FIELDS))
    few = bjobs.parse_delimited(delimited(farm, BASE_FIELDS), BASE_FIELDS)
    assert few == bjobs.parse_json(ibm_json(farm, BASE_FIELDS)) == bjobs.parse_json(open_json(farm, BASE_FIELDS))
    assert few == bjobs.parse_wide(wide(farm))
    assert full is not None and len(full) == len(farm)
    thorough, brief = records(full), records(few or [])
    assert thorough.keys() == brief.keys() == {str(job.number) for job in farm}
    assert {lsf_id: base(record) for lsf_id, record in thorough.items()} == {
        lsf_id: base(record) for lsf_id, record in brief.items()
    }


def base(record: Record) -> Record:
    """Without what few fields cannot tell."""
    return replace(record, exit_code=None, reason=None, log_file=None, usage=Usage())


@settings(max_examples=40)
@given(farms)
def test_numbers_and_other_shapes_in_json_are_read_alike(farm: list[Job]) -> None:
    rows = [{field: job.value(field, "") for field in ALL_FIELDS} for job in farm]
    odd = [{**row, "JOBID": int(row["jobid"])} if row["jobid"].isdigit() else row for row in rows]
    assert bjobs.parse_json(json.dumps({"RECORDS": odd})) is not None
    lower = bjobs.parse_json(json.dumps({"RECORDS": rows}))
    assert lower == bjobs.parse_json(ibm_json(farm, ALL_FIELDS))
    assert lower == bjobs.parse_json(json.dumps({"RECORDS": [*rows, None, 7, {"stat": ["RUN"]}]}))


RANDOM = st.text() | st.text(alphabet='Job <123>[]:,. \n\t^{}"-RUNPENDEXIT is not found submitted', max_size=200)


@given(RANDOM)
def test_random_text_is_no_observation(text: str) -> None:
    for form in FORMATS:
        assert not form.parse(text)
    assert not ids_in(text)
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert texts.past(text, "7") in (None, Past.UNKNOWN) and texts.detail(text, "7") is None
    assert texts.facts(text, "7", now) is None and texts.version(text) is None
    assert tags.tagged(text, "bb.main.*") == [] and tags.named(text, "bb.main.1") == []
    assert texts.killed(text, "777777") is Killed.SILENT


@settings(max_examples=40)
@given(st.recursive(st.none() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)))
def test_random_json_is_no_observation(value: object) -> None:
    assert not bjobs.parse_json(json.dumps({"RECORDS": value})) and not bjobs.parse_json(json.dumps(value))
    assert not bjobs.parse_json(json.dumps({"RECORDS": [{"JOBID": value, "STAT": value}]}))


@pytest.mark.parametrize(
    "name",
    [
        "bb.main.x.1",
        'a "quoted" name',
        "it's",
        "unicodé",
        "name with blanks",
        "/a/path",
        "x" * 4000,
        "a^b",
        "<a>",
        "7 RUN",
    ],
)
def test_names_cannot_change_what_is_read(name: str) -> None:
    listed = HEADING + f"12345678901 ana     RUN   psanaq     vm          host1       {name} Nov 22 08:07\n"
    elements = bjobs.parse_wide(listed)
    assert elements is not None and [(one.lsf_id, one.word, one.host) for one in elements] == [
        ("12345678901", "RUN", "host1")
    ]
    assert [one.lsf_id for one in tags.tagged(listed, "bb.main.x.*")] == (
        ["12345678901"] if name == "bb.main.x.1" else []
    )


def described(head: str, time: str = "Sun Nov 22 08:07:30") -> str:
    first = f"\nJob <7>, {head}, Project <default>, Status <RUN>, Queue <q>, Command <true>\n"
    return f"{first}{time}: Submitted from host <h>, CWD </w>;\n"


NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "time", "at"),
    [
        ("2026-11-22T12:00", "Sun Nov 22 08:07:30", "2026-11-22T08:07:30"),
        ("2027-01-01T00:05", "Thu Dec 31 23:59:00", "2026-12-31T23:59:00"),
        ("2026-12-31T23:59", "Fri Jan  1 00:00:30", "2027-01-01T00:00:30"),
        ("2026-11-22T12:00", "Sun Nov 22 08:07:30 2024", "2024-11-22T08:07:30"),
        ("2028-03-01T00:00", "Tue Feb 29 10:00:00", "2028-02-29T10:00:00"),
        ("2026-03-01T00:00", "Tue Feb 29 10:00:00", None),
    ],
)
def test_the_year_that_lsf_leaves_out_is_the_nearest(now: str, time: str, at: str | None) -> None:
    facts = texts.facts(described("User <ana>", time), "7", datetime.fromisoformat(now).replace(tzinfo=UTC))
    expected = datetime.fromisoformat(at).replace(tzinfo=UTC) if at else None
    assert facts == Facts(user="ana", submitted_at=expected, folder="/w")


@given(st.integers(-180, 180))
def test_any_time_within_half_a_year_is_found(days: int) -> None:
    at = NOW + timedelta(days=days)
    facts = texts.facts(described("User <ana>", at.strftime("%a %b %e %H:%M:%S")), "7", NOW)
    assert facts is not None and facts.submitted_at == at


@pytest.mark.parametrize(
    "name",
    [
        "x>, User <bob>, Project <default>, Status <RUN>, Queue <q>, Command <",
        "x\nJob <7>, User <bob>, Project <default",
        "x>, User <bob",
    ],
)
def test_a_name_made_to_look_like_an_owner_makes_the_job_nobodys(name: str) -> None:
    facts = texts.facts(described(f"Job Name <{name}>, User <mallory>"), "7", NOW)
    assert facts is not None and facts.user == ""


PENDING = """
Job <7>, User <ana>, Project <default>, Status <PEND>, Queue <q>, Command <true>
Sun Nov 22 08:08:28: Submitted from host <vm>, CWD <$HOME>;
 PENDING REASONS:
 Job dependency condition not satisfied;
 The queue has reached its job slot limit: 3 hosts in the farm that is named long en
                     ough to be folded;

 SCHEDULING PARAMETERS:
           r15s   r1m  r15m
 loadSched   -     -     -
"""


def test_reasons_for_waiting_are_sentences() -> None:
    reasons = (
        "Job dependency condition not satisfied",
        "The queue has reached its job slot limit: 3 hosts in the farm that is named long enough to be folded",
    )
    assert texts.pending(PENDING) == reasons
    assert texts.pending(PENDING + PENDING) == reasons
    assert texts.pending(described("User <ana>")) is None
