"""A program that cannot be attached to, or that somebody might think so.

`refused.py MODE`: gets into that mode, says {}, waits for the end of its input.
"""

import ctypes
import lines
import mmap
import os
import struct
import sys

PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 4, 22, 38
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
kept = []


def prctl(option, argument, pointer=None):
    if libc.prctl(option, ctypes.c_ulong(argument), ctypes.c_void_p(pointer), 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")


def wait():
    pass


def protected():
    prctl(PR_SET_DUMPABLE, 0)


def strict():
    lines.say({})
    prctl(PR_SET_SECCOMP, 1)
    os.read(0, 1)


def filtered():
    """memfd_create() fails with EPERM; everything else is allowed."""
    memfd_create = 319
    program = b"".join(struct.pack("HBBI", *step) for step in [
        (0x20, 0, 0, 0),             # load the system call's number
        (0x15, 0, 1, memfd_create),  # is it that one?
        (0x06, 0, 0, 0x00050001),    # EPERM
        (0x06, 0, 0, 0x7fff0000),    # allowed
    ])
    steps = ctypes.create_string_buffer(program)
    header = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(steps)))
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    prctl(PR_SET_SECCOMP, 2, ctypes.addressof(header))


def foreign():
    """The shared memory of an inspector that nobody knows."""
    fd = libc.memfd_create(b"ouro-ring", 1)
    os.ftruncate(fd, 65536)
    kept.append(mmap.mmap(fd, 65536))
    kept[0][:8] = b"not ours"
    os.close(fd)


def zombie():
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    lines.say({"pid": pid})
    os.read(0, 1)
    os.waitpid(pid, 0)
    sys.exit()


globals()[sys.argv[1]]()
lines.say({})
os.read(0, 1)
