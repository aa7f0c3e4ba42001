"""Opens known resources and leaks some. The first line tells which."""

import io
import lines
import mmap
import os
import select
import socket
import subprocess
import sys
import tempfile
import threading

path = os.path.realpath(__file__)
text_file = open(path)
raw = io.FileIO(path)
leaked = os.open(path, os.O_RDONLY)
pipe_read, pipe_write = os.pipe()
pipe_file = os.fdopen(pipe_read, "rb", 0)
server = socket.socket()
server.bind(("127.0.0.1", 0))
server.listen(1)
client = socket.create_connection(server.getsockname())
accepted, _ = server.accept()
pair = socket.socketpair()
poll = select.epoll()
mapped = mmap.mmap(raw.fileno(), 100, access=mmap.ACCESS_READ)
map_fds = [int(fd) for fd in os.listdir("/proc/self/fd")
           if os.path.exists("/proc/self/fd/" + fd) and os.readlink("/proc/self/fd/" + fd) == path
           and int(fd) not in (text_file.fileno(), raw.fileno(), leaked)]
waited = subprocess.Popen([sys.executable, "-c", ""])
waited.wait()
child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
lock, free = threading.Lock(), threading.Lock()
lock.acquire()
rlock = threading.RLock()
rlock.acquire()
rlock.acquire()
temporary = tempfile.TemporaryDirectory()
cleaned = tempfile.TemporaryDirectory()
cleaned.cleanup()


class Keeper:
    def __init__(self):
        self.sock = pair[0]


keeper = Keeper()


def owner(fd, kind, type, what=None, peer=None, by=None):
    return {"fd": fd, "kind": kind, "type": type, "what": what, "peer": peer, "by": by}


def place(address):
    return "%s:%d" % address


lines.say({
    "owned": [
        owner(text_file.fileno(), "file", "_io.FileIO", path, by=id(text_file.buffer)),
        owner(raw.fileno(), "file", "_io.FileIO", path),
        owner(pipe_read, "pipe", "_io.FileIO"),
        owner(server.fileno(), "tcp", "socket.socket", place(server.getsockname())),
        owner(client.fileno(), "tcp", "socket.socket", place(client.getsockname()), place(client.getpeername())),
        owner(accepted.fileno(), "tcp", "socket.socket", place(accepted.getsockname()), place(accepted.getpeername())),
        owner(pair[0].fileno(), "unix", "socket.socket", by=id(pair)),
        owner(pair[1].fileno(), "unix", "socket.socket"),
        owner(poll.fileno(), "epoll", "select.epoll"),
        owner(map_fds[0], "file", "mmap.mmap", path),
    ],
    "unowned": [leaked, pipe_write],
    "child": child.pid,
    "lock": id(lock), "free": id(free), "rlock": id(rlock),
    "directory": temporary.name,
})
lines.serve()
child.communicate(b"\n")
temporary.cleanup()
for fd in (leaked, pipe_write):
    os.close(fd)
for thing in (text_file, raw, pipe_file, server, client, accepted, *pair, poll, mapped):
    thing.close()
