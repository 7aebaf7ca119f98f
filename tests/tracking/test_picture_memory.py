"""Memory that is steady: looked at in a process of its own, since the setting is one of the whole process."""

from __future__ import annotations

import ctypes
import subprocess
import sys

import pytest

from tests.shared_data import ROOT

PROGRAM = """
import ctypes, sys
from tracking.picture_memory import keep_memory_steady

class Info(ctypes.Structure):
    _fields_ = [(n, ctypes.c_size_t) for n in "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks".split()]

libc = ctypes.CDLL(None)
libc.mallinfo2.restype = Info
libc.malloc.restype = ctypes.c_void_p
libc.free.argtypes = [ctypes.c_void_p]
if sys.argv[1] == "steady":
    assert keep_memory_steady()
libc.free(libc.malloc(8_000_000))  # from here on glibc would keep such blocks on its heap
before = libc.mallinfo2().hblkhd
pictures = [libc.malloc(1_555_200) for _ in range(8)]
print((libc.mallinfo2().hblkhd - before) // 1_555_200)
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallinfo2"), reason="a setting of glibc")
def test_pictures_are_mapped_by_themselves_also_after_one_was_freed() -> None:
    mapped = [
        int(
            subprocess.run(
                [sys.executable, "-c", PROGRAM, how], cwd=ROOT, capture_output=True, text=True, check=True
            ).stdout
        )
        for how in ("steady", "plain")
    ]
    assert mapped == [8, 0], "of eight pictures, with the setting and without"
