"""A file system that never answers, as a network one whose server is gone: FUSE without the program behind it."""

import ctypes
import os
import struct
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

INIT = 26
MNT_FORCE_AND_DETACH = 1 | 2
_libc = ctypes.CDLL(None, use_errno=True)


@contextmanager
def hanging_below(tmp_path: Path) -> Iterator[Path]:
    """One in a new folder; a test that cannot have it is skipped."""
    folder = tmp_path / "hung"
    folder.mkdir()
    with ExitStack() as stack:
        try:
            stack.enter_context(hung_file_system(folder))
        except OSError as error:
            pytest.skip(f"no file system can be mounted here: {error}")
        yield folder


@contextmanager
def hung_file_system(folder: Path) -> Iterator[Path]:
    """Mounted at `folder`; raises OSError where that may not be done. At the end whoever hangs in it goes on."""
    device = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
    try:
        options = f"fd={device},rootmode=40000,user_id=0,group_id=0,allow_other".encode()
        if _libc.mount(b"silent", os.fsencode(folder), b"fuse.silent", 0, options):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
        try:
            threading.Thread(target=_swallow, args=(device,), daemon=True).start()
            yield folder
        finally:
            _libc.umount2(os.fsencode(folder), MNT_FORCE_AND_DETACH)
    finally:
        os.close(device)


def _swallow(device: int) -> None:
    """Says hello to the kernel, then takes its requests and answers none: whoever asks cannot even be killed."""
    while True:
        try:
            request = os.read(device, 1 << 17)
        except OSError:
            return
        _, opcode, unique = struct.unpack_from("<IIQ", request)
        if opcode == INIT:
            body = struct.pack("<IIIIHHIIHHI28x", 7, 31, 0, 0, 16, 12, 65536, 1, 0, 0, 0)
            os.write(device, struct.pack("<IiQ", 16 + len(body), 0, unique) + body)
