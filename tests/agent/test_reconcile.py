"""A batch system that loses answers, makes doubles and falls silent: each submission still ends as one job, or none."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from itertools import pairwise

import msgspec
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from lsf_agent.scheduler import Facts, Killed, KillRefused, SilentError, Tagged
from lsf_agent.submission.calls import Call
from lsf_agent.submission.doubt import QUIET
from lsf_agent.submission.entry import Resolution
from lsf_agent.submission.reconcile import Finding, Reconciliation
from realtime.domain.status import Status

PREFIX = "bb.main.6921c2d1a0b1c2d3e4f50617"
CALLED = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
NOTHING = Resolution(adopted={}, surplus=[], absent=[], forsaken=False)


class Crash(BaseException):
    """The end of the agent's process."""


@dataclass
class Job:
    """One job of the farm. `shown`: from when bjobs lists it; `ends`, `forgotten`: when; kills end it 3 s later."""

    lsf_id: str
    name: str
    status: Status = Status.RUN
    shown: float = 0.0
    ends: float = 1e9
    forgotten: float = 1e9
    refuses: bool = False
    killed_at: float | None = None
    user: str = "ana"

    def status_at(self, now: float) -> Status:
        if self.killed_at is not None and now >= self.killed_at + 3:
            return Status.EXIT
        return Status.DONE if now >= self.ends else self.status

    @property
    def was_killed(self) -> bool:
        """Not let run to its own end."""
        return self.killed_at is not None


@dataclass
class Farm:
    """Holds the jobs, in a time of its own. `silences`: [from, to) in which no command is answered; `crashes`: after
    how many calls from outside the agent dies, each time."""

    jobs: list[Job]
    silences: Sequence[tuple[float, float]] = ()
    crashes: Iterator[int] = field(default_factory=lambda: iter(()))
    now: float = 0.0
    looks: int = 0
    kills: list[str] = field(default_factory=list)
    answers: list[float] = field(default_factory=list)
    left: int = -1
    meanwhile: Callable[[], None] | None = None
    """called once while a look is under way"""

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        await asyncio.sleep(0)

    def step(self) -> None:
        self.left -= 1
        if self.left == 0:
            raise Crash

    @property
    def silent(self) -> bool:
        return any(begin <= self.now < end for begin, end in self.silences)

    async def tagged(self, tags: str) -> Sequence[Tagged]:
        self.step()
        self.looks += 1
        assert self.looks < 500, "it comes to no end"
        if self.meanwhile is not None:
            self.meanwhile()
        if self.silent:
            raise SilentError("bjobs: no answer after 30 s")
        self.answers.append(self.now)
        return [
            Tagged(tag=job.name, lsf_id=job.lsf_id, status=job.status_at(self.now), user=job.user)
            for job in self.jobs
            if fnmatchcase(job.name, tags) and job.shown <= self.now < job.forgotten
        ]

    async def once_tagged(self, tag: str) -> Sequence[str]:
        self.step()
        if self.silent:
            raise SilentError("bhist: no answer after 30 s")
        return [job.lsf_id for job in self.jobs if job.name == tag and job.forgotten <= self.now]

    async def facts(self, lsf_id: str) -> Facts | None:
        self.step()
        return next((Facts(user=job.user, submitted_at=None) for job in self.jobs if job.lsf_id == lsf_id), None)

    async def kill(self, ids: Sequence[str], user: str) -> Mapping[str, Killed | KillRefused]:
        self.step()
        assert user == "ana"
        answers: dict[str, Killed | KillRefused] = {}
        for job in self.jobs:
            if job.lsf_id in ids:
                self.kills.append(job.lsf_id)
                answers[job.lsf_id] = self._kill(job)
        assert answers.keys() == set(ids), "only what exists is killed"
        return answers

    def _kill(self, job: Job) -> Killed | KillRefused:
        if self.silent:
            return Killed.SILENT
        if job.refuses:
            return KillRefused("User permission denied")
        if not job.status_at(self.now).live:
            return Killed.GONE
        job.killed_at = self.now if job.killed_at is None else job.killed_at
        return Killed.ACCEPTED


@dataclass
class Disk:
    """What outlives the agent, and what it told."""

    farm: Farm
    resolution: Resolution = NOTHING
    findings: list[Finding] = field(default_factory=list)
    full: int = 0
    """writes that fail"""

    def keep(self, resolution: Resolution) -> None:
        self.farm.step()
        if self.full:
            self.full -= 1
            raise OSError("No space left on device")
        before, self.resolution = self.resolution, resolution
        assert before.adopted.items() <= resolution.adopted.items(), "an adoption stands"
        assert set(before.surplus) <= set(resolution.surplus)
        assert not set(resolution.adopted.values()) & set(resolution.surplus)
        if set(resolution.absent) - set(before.absent):
            assert not self.farm.silent, "silence is no answer"
            assert self.farm.answers[-1] - self.farm.answers[0] >= QUIET
        self.farm.step()

    def tell(self, finding: Finding) -> None:
        assert set(finding.adopted) == set(self.resolution.adopted.values()), "told before it was on disk"
        assert list(finding.surplus) == self.resolution.surplus
        self.findings.append(finding)


def run(disk: Disk, calls: tuple[Call, ...], told: tuple[str, ...] = (), forsake_at: float | None = None) -> None:
    """Until nothing is in doubt any more, in as many lives as it takes."""
    asyncio.run(asyncio.wait_for(_lives(disk, calls, told, forsake_at), 20))


async def _lives(disk: Disk, calls: tuple[Call, ...], told: tuple[str, ...], forsake_at: float | None) -> None:
    while True:
        disk.farm.left = next(disk.farm.crashes, -1)
        reconciliation = new(disk, calls, told, forsake_at)
        try:
            return await reconciliation.run()
        except Crash:
            continue


def new(
    disk: Disk, calls: tuple[Call, ...], told: tuple[str, ...] = (), forsake_at: float | None = None
) -> Reconciliation:
    async def sleep(seconds: float) -> None:
        await disk.farm.sleep(seconds)
        if forsake_at is not None and disk.farm.now >= forsake_at:
            made.forsake()

    made = Reconciliation(
        disk.farm,
        PREFIX,
        "ana",
        calls,
        told,
        disk.resolution,
        disk.keep,
        disk.tell,
        owner="ana",
        clock=lambda: disk.farm.now,
        sleep=sleep,
    )
    return made


def unanswered(number: int = 1) -> Call:
    return Call(number=number, tag=f"{PREFIX}.{number}", name=None, called_at=CALLED)


def told_late(number: int, lsf_id: str) -> Call:
    return Call(
        number=number,
        tag=f"{PREFIX}.{number}",
        name=None,
        called_at=CALLED,
        ended_at=CALLED + timedelta(seconds=20),
        exit_code=0,
        stdout=f"Job <{lsf_id}> is submitted to queue <psanaq>.\n",
    )


def named(name: str | None) -> Call:
    return Call(number=1, tag=None, name=name, called_at=CALLED)


def settled(*jobs: Job, calls: tuple[Call, ...] = (unanswered(),), told: tuple[str, ...] = ()) -> Disk:
    disk = Disk(Farm(list(jobs)))
    run(disk, calls, told)
    return disk


def test_the_job_of_a_bsub_that_did_not_answer_is_adopted() -> None:
    disk = settled(Job("7", f"{PREFIX}.1"))
    assert disk.findings == [
        Finding(adopted=(), surplus=(), doubt="LSF did not answer"),
        Finding(adopted=("7",), surplus=(), doubt=None),
    ]
    assert not disk.farm.kills


def test_one_of_three_doubles_runs_and_the_others_are_killed() -> None:
    jobs = [Job("7", f"{PREFIX}.1", Status.PEND), Job("8", f"{PREFIX}.1"), Job("9", f"{PREFIX}.1")]
    disk = settled(*jobs)
    assert disk.findings[-1] == Finding(adopted=("8",), surplus=("9", "7"), doubt=None)
    assert [job.was_killed for job in jobs] == [True, False, True]


def test_what_has_come_furthest_is_adopted() -> None:
    order = [Status.DONE, Status.RUN, Status.SSUSP, Status.PEND, Status.EXIT]
    for better, worse in pairwise(order):
        disk = settled(Job("7", f"{PREFIX}.1", worse), Job("8", f"{PREFIX}.1", better))
        assert disk.resolution.adopted == {f"{PREFIX}.1": "8"}
    disk = settled(Job("10", f"{PREFIX}.1"), Job("9", f"{PREFIX}.1"))
    assert disk.resolution.adopted == {f"{PREFIX}.1": "9"}, "the lowest id of equal ones"


def test_a_double_that_appears_after_the_adoption_is_killed() -> None:
    late = Job("8", f"{PREFIX}.1", Status.RUN, shown=45)
    disk = settled(Job("7", f"{PREFIX}.1", Status.PEND), late)
    assert disk.findings[-1] == Finding(adopted=("7",), surplus=("8",), doubt=None)
    assert late.was_killed


def test_an_id_told_late_is_kept_and_its_doubles_are_killed() -> None:
    double = Job("6", f"{PREFIX}.1", Status.DONE), Job("8", f"{PREFIX}.1", Status.PEND)
    disk = settled(Job("7", f"{PREFIX}.1", Status.PEND), *double, calls=(told_late(1, "7"),), told=("7",))
    assert disk.findings[0] == Finding(adopted=(), surplus=(), doubt=None), "its job is known"
    assert disk.findings[-1] == Finding(adopted=(), surplus=("6", "8"), doubt=None)
    assert disk.farm.kills and set(disk.farm.kills) == {"8"}, "what has ended needs no kill"


def test_no_job_is_believed_after_a_minute_of_answers_and_the_history() -> None:
    disk = settled()
    assert disk.resolution.absent == [f"{PREFIX}.1"]
    assert disk.farm.now >= QUIET
    assert [finding.doubt for finding in disk.findings] == [
        "LSF did not answer",
        "bsub told no LSF ID; LSF knows no job of it so far",
        None,
    ]


def test_a_job_that_bjobs_has_forgotten_is_adopted_from_the_history() -> None:
    disk = settled(Job("8", f"{PREFIX}.1", forgotten=0), Job("7", f"{PREFIX}.1", forgotten=0))
    assert disk.findings[-1] == Finding(adopted=("7",), surplus=("8",), doubt=None)
    assert not disk.farm.kills


def test_while_lsf_is_silent_nothing_is_concluded() -> None:
    disk = Disk(Farm([Job("7", f"{PREFIX}.1")], silences=[(0, 4000)]))
    run(disk, (unanswered(),))
    assert [finding.doubt for finding in disk.findings] == ["LSF did not answer", None]
    assert disk.farm.looks < 60, "the looks become rare"


def test_jobs_with_other_names_are_left_alone() -> None:
    foreign = [
        Job("7", f"{PREFIX}.1.1"),
        Job("8", f"{PREFIX}.01"),
        Job("9", f"{PREFIX}.1x"),
        Job("10", f"{PREFIX}."),
        Job("11", PREFIX.replace("main", "other") + ".1"),
        Job("12", f"{PREFIX}0.1"),
    ]
    disk = settled(*foreign)
    assert disk.resolution.absent and not disk.farm.kills


def test_a_tag_that_somebody_else_has_borrowed_counts_for_nothing() -> None:
    borrowed = Job("7", f"{PREFIX}.1", user="eve"), Job("8", f"{PREFIX}.1", user="eve", forgotten=0)
    disk = settled(*borrowed)
    assert disk.resolution.absent and not disk.farm.kills


def test_an_id_that_lsf_has_given_to_another_job_since_is_not_killed() -> None:
    kept = msgspec.structs.replace(NOTHING, adopted={f"{PREFIX}.1": "7"}, surplus=["8"])
    disk = Disk(Farm([Job("7", f"{PREFIX}.1"), Job("8", "mine")]), kept)
    run(disk, (unanswered(),))
    assert not disk.farm.kills and disk.resolution == kept


def test_each_call_has_a_job_of_its_own() -> None:
    jobs = [Job(str(number), f"{PREFIX}.{number}") for number in (1, 2, 10)]
    disk = settled(*jobs, calls=(unanswered(1), unanswered(2), unanswered(10), unanswered(11)))
    assert disk.findings[-1] == Finding(adopted=("1", "2", "10"), surplus=(), doubt=None)
    assert disk.resolution.absent == [f"{PREFIX}.11"]


def test_a_surplus_job_that_lsf_does_not_let_us_kill_is_tried_until_it_has_ended() -> None:
    refusing = Job("8", f"{PREFIX}.1", refuses=True, ends=1000)
    disk = settled(Job("7", f"{PREFIX}.1"), refusing)
    assert disk.farm.kills.count("8") > 3 and 1000 <= disk.farm.now < 1200


def test_nothing_is_told_or_killed_before_it_is_on_disk() -> None:
    disk = Disk(Farm([Job("7", f"{PREFIX}.1"), Job("8", f"{PREFIX}.1")]), full=3)
    run(disk, (unanswered(),))
    assert disk.findings[-1] == Finding(adopted=("7",), surplus=("8",), doubt=None)
    assert disk.full == 0


def test_without_records_of_the_script_its_jobs_are_adopted() -> None:
    disk = settled(Job("7", f"{PREFIX}.1"), Job("8", f"{PREFIX}.2"), Job("9", f"{PREFIX}.2"), calls=())
    assert disk.findings[-1] == Finding(adopted=("7", "8"), surplus=("9",), doubt=None)


def test_without_records_the_job_that_is_known_is_kept_and_a_double_is_killed() -> None:
    jobs = Job("7", f"{PREFIX}.1"), Job("8", f"{PREFIX}.1", Status.PEND)
    disk = settled(*jobs, calls=(), told=("8",))
    assert disk.findings[-1] == Finding(adopted=(), surplus=("7",), doubt=None)
    assert set(disk.farm.kills) == {"7"}


def test_without_records_forgotten_jobs_are_adopted_from_the_history() -> None:
    disk = settled(Job("7", f"{PREFIX}.1", forgotten=0), Job("8", f"{PREFIX}.2", forgotten=0), calls=())
    assert disk.findings[-1] == Finding(adopted=("7", "8"), surplus=(), doubt=None)


def test_without_records_and_job_the_request_is_held_for_a_person() -> None:
    disk = Disk(Farm([Job("7", f"{PREFIX}.1", shown=5000)]))
    run(disk, ())
    doubts = [finding.doubt for finding in disk.findings]
    lost = "the batch client has lost its records of this script"
    assert doubts == [f"{lost}; LSF did not answer", f"{lost}; LSF knows no job of it so far", None]
    assert disk.resolution == msgspec.structs.replace(NOTHING, adopted={f"{PREFIX}.1": "7"})
    assert disk.farm.looks < 60, "the looks become rare"


def test_the_kill_of_a_held_request_ends_it() -> None:
    disk = Disk(Farm([]))
    run(disk, (), forsake_at=1000)
    assert disk.resolution == msgspec.structs.replace(NOTHING, forsaken=True)
    assert 1000 <= disk.farm.now < 1400


def test_what_is_found_after_a_kill_is_killed() -> None:
    jobs = [Job("7", f"{PREFIX}.1", shown=40), Job("8", f"{PREFIX}.1", shown=40)]
    disk = Disk(Farm(jobs))
    run(disk, (unanswered(),), forsake_at=2)
    assert all(job.was_killed for job in jobs)
    assert disk.findings[-1] == Finding(adopted=(), surplus=("7", "8"), doubt=None)


def test_nothing_is_adopted_once_the_job_is_being_killed() -> None:
    job = Job("7", f"{PREFIX}.1")
    disk = Disk(Farm([job]))
    reconciliation = new(disk, (unanswered(),))
    disk.farm.meanwhile = reconciliation.forsake
    asyncio.run(reconciliation.run())
    assert job.was_killed and not any(finding.adopted for finding in disk.findings)


def test_a_job_that_its_user_named_is_left_to_a_person() -> None:
    for call, words in (
        (named("it's mine\x1b"), "the script named its job 'it's mine?' itself: look with bjobs -a -J "),
        (named(None), "the job has no name to look for: look with bjobs -a"),
    ):
        disk = Disk(Farm([]))
        asyncio.run(_held_until_killed(disk, call))
        assert [(finding.doubt or "").startswith(f"LSF did not answer; {words}") for finding in disk.findings] == [True]
        assert disk.farm.looks == 0, "there is nothing to ask for"


async def _held_until_killed(disk: Disk, call: Call) -> None:
    reconciliation = new(disk, (call,))
    running = asyncio.create_task(reconciliation.run())
    for _ in range(50):
        await asyncio.sleep(0)
    assert not running.done()
    reconciliation.forsake()
    await running


statuses = st.sampled_from([Status.PEND, Status.RUN, Status.USUSP, Status.UNKWN, Status.DONE, Status.EXIT])
moments = st.floats(0, QUIET * 0.7)


@st.composite
def doubles(draw: st.DrawFn, names: st.SearchStrategy[str]) -> list[Job]:
    """Up to eight jobs, shown within the time that LSF may take, ending at any time; or all of them long forgotten."""
    made = draw(st.lists(st.tuples(names, statuses, moments, st.floats(1, 2000)), max_size=8))
    forgotten = draw(st.sampled_from([0.0, 1e9]))
    return [
        Job(str(lsf_id), name, status, shown, ends=shown + length if forgotten else 0, forgotten=forgotten)
        for lsf_id, (name, status, shown, length) in enumerate(made, 1)
    ]


own = st.sampled_from([f"{PREFIX}.1", f"{PREFIX}.2"])
foreign = st.sampled_from([f"{PREFIX}.1[3]", f"{PREFIX}.1.2", f"{PREFIX}.", f"{PREFIX}.0", "bb.main.x.1", "mine"])
silences = st.lists(st.tuples(st.floats(0, 3000), st.floats(0, 900)), max_size=3).map(
    lambda drawn: [(begin, begin + length) for begin, length in drawn]
)
crashes = st.lists(st.integers(1, 12), max_size=6)


@settings(deadline=None, max_examples=300)
@given(doubles(own | foreign), silences, crashes, st.none() | st.floats(0, 500))
def test_of_all_that_carries_a_tag_one_job_runs(
    jobs: list[Job], silences: list[tuple[float, float]], crashes: list[int], forsake_at: float | None
) -> None:
    farm = Farm(jobs, silences, iter(crashes))
    disk = Disk(farm)
    run(disk, (unanswered(1), unanswered(2)), forsake_at=forsake_at)
    for tag in (f"{PREFIX}.1", f"{PREFIX}.2"):
        tagged = [job for job in jobs if job.name == tag]
        kept = disk.resolution.adopted.get(tag)
        for job in tagged:
            assert (job.lsf_id == kept) != (job.lsf_id in disk.resolution.surplus), "each job is accounted for"
            assert job.lsf_id != kept or not job.was_killed
            assert job.lsf_id == kept or not job.status_at(farm.now).live, "a surplus job has ended"
        assert (tag in disk.resolution.absent) == (not tagged)
        assert disk.resolution.forsaken or not tagged or kept
    killed = {job.name for job in jobs if job.was_killed}
    assert killed <= {f"{PREFIX}.1", f"{PREFIX}.2"}
    assert disk.findings[-1].doubt is None


@settings(deadline=None, max_examples=150)
@given(doubles(own), silences, crashes)
def test_without_records_of_all_that_carries_a_tag_one_job_runs(
    jobs: list[Job], silences: list[tuple[float, float]], crashes: list[int]
) -> None:
    assume(not jobs or f"{PREFIX}.1" in {job.name for job in jobs})  # the history is searched until a number is free
    farm = Farm(jobs, silences, iter(crashes))
    disk = Disk(farm)
    run(disk, (), forsake_at=6000)
    assert disk.resolution.adopted.keys() == {job.name for job in jobs}
    assert all(job.lsf_id in disk.resolution.surplus or disk.resolution.adopted[job.name] == job.lsf_id for job in jobs)
    assert not any(job.was_killed for job in jobs if job.lsf_id in disk.resolution.adopted.values())
