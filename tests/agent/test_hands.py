"""What is done in children for a user: whose they may be, and how little one that hangs holds up."""

import asyncio
import grp
import os
import pwd
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from lsf_agent.answers.checks import check
from lsf_agent.hands import Hands
from lsf_agent.runner import __main__ as runner
from lsf_agent.slots import AT_ONE_MOUNT, Slots
from realtime.protocol.agent import CheckPath
from realtime.protocol.wire import encode

from .acting import hands_for, over
from .hung import hanging_below


def reading(path: Path | str) -> dict[str, object]:
    return {"do": "read", "path": str(path), "below": None, "offset": 0, "length": 100}


def test_as_oneself_nobody_is_refused_and_the_user_is_not_looked_at() -> None:
    hands = hands_for()
    assert hands.refusal("no-such-user") is None
    assert hands.argv("no-such-user") == [sys.executable, "-I", "-S", runner.__file__]
    assert hands.account("no-such-user") == pwd.getpwuid(os.geteuid()).pw_name


def test_with_sudo_the_user_is_named_and_the_runner_has_no_arguments() -> None:
    hands = hands_for(RUN_AS="sudo")
    program = str(Path(sys.executable).with_name("batchboard-runner"))
    assert hands.argv("ana") == ["sudo", "-n", "-H", "-u", "ana", "--", program]
    assert hands.account("ana") == "ana"


def test_with_sudo_only_members_of_the_group_are_acted_for_and_never_root() -> None:
    member = next(one for one in pwd.getpwall() if one.pw_uid and _group(one.pw_gid))
    group = grp.getgrgid(member.pw_gid).gr_name
    hands = hands_for(RUN_AS="sudo", RUN_AS_GROUP=group)
    assert hands.refusal(member.pw_name) is None, "the primary group counts"
    assert hands.refusal("no-such-user") == "this machine knows no user no-such-user"
    assert hands.refusal("bad\0name") == "this machine knows no user bad\0name"
    stranger = next(one for one in pwd.getpwall() if one.pw_uid and one.pw_gid != member.pw_gid)
    assert hands.refusal(stranger.pw_name) == f"{stranger.pw_name} is not in the group {group}"
    roots = hands_for(RUN_AS="sudo", RUN_AS_GROUP=grp.getgrgid(0).gr_name)
    assert roots.refusal("root") == "nothing is run as root"
    gone = hands_for(RUN_AS="sudo", RUN_AS_GROUP="no-such-group")
    assert gone.refusal(member.pw_name) == "this machine knows no group no-such-group"


def _group(gid: int) -> str | None:
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return None


async def test_what_is_refused_is_not_asked() -> None:
    hands = hands_for(RUN_AS="sudo", RUN_AS_GROUP="no-such-group")
    with pytest.raises(PermissionError, match="knows no"):
        await hands.ask("ana", reading("/etc/hosts"), "/etc/hosts", 5)
    with pytest.raises(PermissionError, match="knows no"):
        await hands.command("ana", ["id"], {}, 5, 100)
    found = await check(CheckPath(definition=1, version=1, executable="/x", user="ana"), "", [], hands)
    assert found.problem is not None and found.problem.startswith("cannot be run as ana: this machine knows no ")


async def test_the_runners_errors_are_ours(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        await hands_for().ask("ana", reading(tmp_path / "gone"), str(tmp_path), 5)
    with pytest.raises(OSError, match="expected a request"):
        await hands_for().ask("ana", {"do": "everything"}, str(tmp_path), 5)


async def test_a_runner_that_cannot_be_started_is_no_missing_file(tmp_path: Path) -> None:
    class Gone(Hands):
        def argv(self, user: str) -> list[str]:
            return [str(tmp_path / "gone")]

    hands = hands_for(Gone)
    with pytest.raises(OSError, match="gone is not on PATH") as failure:
        await hands.ask("ana", reading("/etc/hosts"), "/etc/hosts", 5)
    assert not isinstance(failure.value, FileNotFoundError)
    (tmp_path / "gone").write_text("#!/no/such/python\n")
    (tmp_path / "gone").chmod(0o755)
    with pytest.raises(OSError, match="gone cannot be started") as failure:
        await hands.ask("ana", reading("/etc/hosts"), "/etc/hosts", 5)
    assert not isinstance(failure.value, FileNotFoundError)


def test_the_runner_does_nothing_as_root_for_sudo() -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root")
    done = subprocess.run(
        hands_for().argv("root"), input="{}\n", env={"SUDO_UID": "7"}, capture_output=True, text=True, timeout=10
    )
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "nothing is run as root\n")


class Sleeping(Hands):
    """Its runner never answers."""

    def argv(self, user: str) -> list[str]:
        return [sys.executable, "-I", "-S", "-c", "import time; time.sleep(600)"]


@pytest.fixture
async def sleeping() -> AsyncIterator[Hands]:
    hands = hands_for(Sleeping)
    yield hands
    await over(hands)


async def test_a_child_that_does_not_answer_is_ended(sleeping: Hands) -> None:
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        await sleeping.ask("ana", {}, "/x", 0.1)
    assert time.monotonic() - began < 5
    for _ in range(3):  # each is ended before it counts against the next for long
        with pytest.raises(TimeoutError):
            await sleeping.ask("ana", {}, "/x", 0.1)


async def test_children_wait_for_room_and_are_told_at_once_when_there_will_be_none() -> None:
    slots = Slots(each=2, together=3)
    children = [object(), object()]
    for _ in children:
        await slots.take("/reg/d")
    waiting = asyncio.create_task(slots.take("/reg/d"))
    await asyncio.sleep(0)
    await slots.take("/home")
    assert not waiting.done()
    full = asyncio.create_task(slots.take("/scratch"))
    await asyncio.sleep(0)
    assert not full.done()
    slots.free("/home")
    await full
    for child in children:
        slots.stick("/reg/d", child)
    with pytest.raises(TimeoutError):
        await waiting
    with pytest.raises(TimeoutError):
        await slots.take("/reg/d")
    slots.free("/scratch")
    slots.free("/reg/d", children[0])
    await slots.take("/reg/d")


async def test_a_hung_mount_is_named_and_holds_up_nothing_else(tmp_path: Path) -> None:
    hands = hands_for()
    (tmp_path / "log").write_text("hello")
    with hanging_below(tmp_path) as hung:
        asking = [hands.ask("ana", reading(hung / "log"), str(hung / "log"), 1.0) for _ in range(AT_ONE_MOUNT + 2)]
        hanging = asyncio.gather(*asking, return_exceptions=True)
        answer = await hands.ask("ana", reading(tmp_path / "log"), str(tmp_path / "log"), 10)
        assert answer["size"] == 5 and not hanging.done(), "another file system meanwhile"
        assert all(isinstance(one, TimeoutError) for one in await hanging)
        item = CheckPath(definition=1, version=1, executable=str(hung / "submit.sh"), user="ana")
        began = time.monotonic()
        found = await check(item, "", [], hands)
        assert found.problem == f"{hung} does not answer"
        assert time.monotonic() - began < 1, "told at once, while as many as are allowed hang"
        answer = await hands.ask("ana", reading(tmp_path / "log"), str(tmp_path / "log"), 10)
        assert answer["size"] == 5
    await over(hands)


def test_the_agent_can_end_while_its_children_hang(tmp_path: Path) -> None:
    program = (
        "import sys, uvloop\nfrom tests.agent.acting import hands_for\n"
        "async def ask(path):\n"
        "    request = {'do': 'read', 'path': path, 'below': None, 'offset': 0, 'length': 1}\n"
        "    try: await hands_for().ask('ana', request, path, 0.5)\n"
        "    except TimeoutError: print('late', flush=True)\n"
        "uvloop.run(ask(sys.argv[1]))\n"
    )
    with hanging_below(tmp_path) as hung:
        done = subprocess.run(
            [sys.executable, "-c", program, str(hung / "log")],
            capture_output=True,
            text=True,
            cwd=Path(__file__).parents[2],
            timeout=20,
        )
    assert (done.returncode, done.stdout, done.stderr) == (0, "late\n", "")


async def test_an_interpreter_that_is_not_utf_8_can_be_told(tmp_path: Path) -> None:
    script = tmp_path / "submit.sh"
    script.write_bytes(b"#!/no/such/\xff\n")
    script.chmod(0o755)
    item = CheckPath(definition=1, version=1, executable=str(script), user="ana")
    found = await check(item, os.environ["PATH"], [], hands_for())
    assert found.problem == "interpreter missing: /no/such/\ufffd"
    assert encode(found)
