"""How what `batchboard check` measures is judged."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from realtime.domain.fitness import clock, disk, filesystem_of, shared

MOUNTS = r"""/dev/sda1 / ext4 rw 0 0
server:/home /home nfs4 rw 0 0
scratch@tcp:/s /scratch lustre rw 0 0
/dev/sdb1 /home/local\040disk xfs rw 0 0
tmpfs /scratchy tmpfs rw 0 0
/dev/sda1 /home/over ext4 rw 0 0
server:/over /home/over nfs rw 0 0
"""
GIB = 1024**3
NOW = datetime(2026, 11, 22, 10, 42, tzinfo=UTC)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "ext4"),
        ("/var/lib", "ext4"),
        ("/home", "nfs4"),
        ("/home/ana/x", "nfs4"),
        ("/homely", "ext4"),
        ("/scratch/a", "lustre"),
        ("/scratchy/a", "tmpfs"),
        ("/home/local disk/a", "xfs"),
        ("/home/over/a", "nfs"),
    ],
)
def test_a_path_lies_on_the_innermost_and_last_mount(path: str, kind: str) -> None:
    assert filesystem_of(MOUNTS, path) == kind


def test_without_a_list_of_mounts_the_kind_is_unknown() -> None:
    assert filesystem_of("", "/var") == "unknown"


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "smb3", "lustre", "gpfs", "beegfs", "ceph", "fuse.sshfs"])
def test_file_systems_of_several_hosts_are_known(kind: str) -> None:
    assert shared(kind)


@pytest.mark.parametrize("kind", ["ext4", "xfs", "btrfs", "tmpfs", "overlay", "zfs", "fuseblk", "unknown"])
def test_local_ones_are_not_taken_for_them(kind: str) -> None:
    assert not shared(kind)


@pytest.mark.parametrize(
    ("kind", "free", "may_be_shared", "ok", "cured"),
    [
        ("ext4", 5 * GIB, False, True, False),
        ("ext4", GIB // 2, False, True, True),
        ("ext4", 1000, False, False, True),
        ("nfs4", 5 * GIB, False, False, True),
        ("nfs4", 5 * GIB, True, True, True),
    ],
)
def test_a_folder_is_right_wrong_or_a_warning(kind: str, free: int, may_be_shared: bool, ok: bool, cured: bool) -> None:
    checked = disk("spool", "/var", kind, free, may_be_shared=may_be_shared)
    assert (checked.ok, checked.cure is not None) == (ok, cured)
    assert kind in checked.found


@pytest.mark.parametrize(
    ("seconds", "ok", "cured"),
    [(0, True, False), (-2, True, False), (10, True, True), (-31, False, True), (3600, False, True)],
)
def test_a_clock_is_right_odd_or_wrong(seconds: int, ok: bool, cured: bool) -> None:
    checked = clock("clock", format_datetime(NOW + timedelta(seconds=seconds), usegmt=True), NOW)
    assert (checked.ok, checked.cure is not None) == (ok, cured)
    assert checked.found == f"{abs(seconds)} s from the manager's"


@pytest.mark.parametrize("date", [None, "", "soon", "Sun, 22 Nov 2026 10:42:00"])
def test_an_answer_without_a_time_tells_nothing_of_the_clock(date: str | None) -> None:
    assert clock("clock", date, NOW).ok
