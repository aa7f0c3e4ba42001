"""A program in one of the states in which somebody may attach to it.

`states.py STATE`: says what the test has to wait for before it attaches ({"state": …, and how the main thread can
be seen to be there}), gets there, and when it is let go answers with {"fine": true} and what went wrong else. What
lets it go depends on the state: a line of input, a byte, a connection, the end of a child, a signal, or time.
"""

import asyncio
import hashlib
import importlib
import lines
import os
import queue
import select
import signal
import socket
import subprocess
import sys
import threading
import time
import warnings

SLEEP_S = 1.5
LATE_S = 2.0  # what a loaded machine may add; an interrupted wait that starts anew adds more
stop = False


def on_signal(number, frame):
    global stop
    stop = True


def announce(**facts):
    lines.say(facts)


def fine(ok, **facts):
    lines.say(dict(facts, fine=bool(ok)))


def timed(wait, expected_s, check=lambda result: True):
    """A wait that ends by itself: it must take its time, no less, and give its result."""
    announce(syscall=True)
    start = time.monotonic()
    result = wait()
    took = time.monotonic() - start
    fine(expected_s - 0.002 <= took <= expected_s + LATE_S and check(result), took=took, result=repr(result))


# ---- waits with a time limit ----
def sleep():
    timed(lambda: time.sleep(SLEEP_S), SLEEP_S)


def select_():
    r, w = os.pipe()
    timed(lambda: select.select([r], [], [], SLEEP_S), SLEEP_S, lambda result: result == ([], [], []))


def poll():
    r, w = os.pipe()
    poller = select.poll()
    poller.register(r, select.POLLIN)
    timed(lambda: poller.poll(SLEEP_S * 1000), SLEEP_S, lambda result: result == [])


def epoll():
    r, w = os.pipe()
    poller = select.epoll()
    poller.register(r, select.EPOLLIN)
    timed(lambda: poller.poll(SLEEP_S), SLEEP_S, lambda result: result == [])


def lock_timeout():
    lock = threading.Lock()
    lock.acquire()
    timed(lambda: lock.acquire(timeout=SLEEP_S), SLEEP_S, lambda result: result is False)


def event_timeout():
    timed(lambda: threading.Event().wait(SLEEP_S), SLEEP_S, lambda result: result is False)


def sigtimedwait():
    timed(lambda: signal.sigtimedwait([signal.SIGUSR2], SLEEP_S), SLEEP_S, lambda result: result is None)


# ---- waits that somebody ends ----
def read():
    announce(syscall=True)
    data = os.read(0, 100)
    fine(data == b"go\n", data=repr(data))


def stdin_readline():
    announce(syscall=True)
    data = sys.stdin.readline()
    fine(data == "go\n", data=repr(data))


def with_helper(wait, release, check):
    """The main thread waits; another one, that waits for input, lets it go."""
    def helper():
        os.read(0, 100)
        release()

    threading.Thread(target=helper).start()
    announce(syscall=True)
    result = wait()
    fine(check(result), result=repr(result))


def accept():
    server = socket.socket()
    server.bind(("127.0.0.1", 0))
    server.listen()
    client = socket.socket()
    with_helper(server.accept, lambda: client.connect(server.getsockname()),
                lambda result: result[1] == client.getsockname())


def recv():
    ours, theirs = socket.socketpair()
    with_helper(lambda: ours.recv(100), lambda: theirs.send(b"sent"), lambda result: result == b"sent")


def lock():
    held = threading.Lock()
    held.acquire()
    with_helper(held.acquire, held.release, lambda result: result is True)


def queue_get():
    items = queue.Queue()
    with_helper(items.get, lambda: items.put("item"), lambda result: result == "item")


def event():
    event = threading.Event()
    with_helper(event.wait, event.set, lambda result: result is True)


def condition():
    condition = threading.Condition()

    def release():
        with condition:
            condition.notify()

    def wait():
        with condition:
            return condition.wait()

    with_helper(wait, release, lambda result: result is True)


def join():
    release = threading.Event()
    thread = threading.Thread(target=release.wait)
    thread.start()
    with_helper(thread.join, release.set, lambda result: result is None and not thread.is_alive())


def child_wait():
    child = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    with_helper(child.wait, child.stdin.close, lambda result: result == 0)


def os_wait():
    pid = os.fork()
    if pid == 0:
        os.read(0, 100)
        os._exit(7)
    announce(syscall=True)
    result = os.wait()
    fine(result == (pid, 7 << 8), result=repr(result))


def communicate():
    child = subprocess.Popen(["head", "-n", "1"], stdin=0, stdout=subprocess.PIPE)
    announce(syscall=True)
    out, _ = child.communicate()
    fine(out == b"go\n", out=repr(out))


# ---- work ----
def until_stopped():
    """Steps to do between two looks at whether a signal came."""
    signal.signal(signal.SIGUSR1, on_signal)
    announce(busy=True)


def float_loop():
    """No call and no allocation that an API breakpoint could catch; checked by doing it again."""
    until_stopped()
    x, n = 0.5, 0
    while not stop:
        x = 3.9 * x * (1.0 - x)
        n += 1
    y = 0.5
    for _ in range(n):
        y = 3.9 * y * (1.0 - y)
    fine(x == y, steps=n)


def int_loop():
    until_stopped()
    x, n = 1, 0
    while not stop:
        x = (x * 1103515245 + 12345) & 0x7fffffff
        n += 1
    y = 1
    for _ in range(n):
        y = (y * 1103515245 + 12345) & 0x7fffffff
    fine(x == y, steps=n)


def fibonacci(n):
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)


def recursion():
    until_stopped()
    results = set()

    def deep(n):
        return fibonacci(12) if n == 0 else deep(n - 1) + 1

    while not stop:
        results.add(deep(700))
    fine(results == {144 + 700})


def malloc():
    until_stopped()
    digest, n = 0, 0
    while not stop:
        blocks = [bytes(size) for size in range(1, 100000, 997)]
        texts = {str(i): [i] for i in range(200)}
        digest += sum(len(block) for block in blocks) + len(texts)
        n += 1
    one = sum(range(1, 100000, 997)) + 200
    fine(digest == n * one, rounds=n)


def hashing(rounds=400000):
    """Releases the lock and stays in C code for long."""
    until_stopped()
    digests = set()
    while not stop:
        digests.add(hashlib.pbkdf2_hmac("sha256", b"password", b"salt", rounds))
    fine(digests == {hashlib.pbkdf2_hmac("sha256", b"password", b"salt", rounds)})


def threads(n):
    until_stopped()
    wrong = [0] * n

    def work(i):
        while not stop:
            wrong[i] += sum([j * i for j in range(100)]) != 4950 * i
            if i % 3 == 0:
                time.sleep(0.001)
            elif i % 3 == 1:
                bytes(100000)

    workers = [threading.Thread(target=work, args=(i,)) for i in range(n)]
    for worker in workers:
        worker.start()
    while not stop:
        time.sleep(0.01)
    for worker in workers:
        worker.join()
    fine(not any(wrong), wrong=wrong)


def nine_threads():
    threads(9)


def fifty_threads():
    threads(50)


def server():
    """An asyncio server with clients in the same loop, until a signal."""
    served = [0, 0]

    async def serve(reader, writer):
        while True:
            line = await reader.readline()
            if not line:
                break
            writer.write(line.upper())
            await writer.drain()
        writer.close()

    async def client(port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while not stop:
            writer.write(b"text %d\n" % served[0])
            want = b"TEXT %d\n" % served[0]
            served[0] += 1
            answer = await reader.readline()
            served[1] += answer == want
            await asyncio.sleep(0.001)
        writer.close()

    async def main():
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGUSR1, lambda: on_signal(None, None))
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        announce(busy=True)
        port = server.sockets[0].getsockname()[1]
        await asyncio.gather(*[client(port) for _ in range(5)])
        server.close()

    asyncio.run(main())
    fine(served[0] == served[1] and served[0] > 5, served=served)


def imports():
    """Reads, compiles and runs modules all the time."""
    until_stopped()
    names = ["json.decoder", "xml.dom.minidom", "email.message", "http.client", "unittest.mock", "argparse"]
    n = 0
    while not stop:
        for name in names:
            sys.modules.pop(name, None)
            n += importlib.import_module(name).__name__ == name
    fine(n % len(names) == 0 and n > 0, imports=n)


def forks():
    # from 3.12 os.fork() warns when the process has a second thread, which the agent is (docs/safety.md)
    warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)
    until_stopped()
    good = bad = 0
    while not stop:
        pid = os.fork()
        if pid == 0:
            os._exit(good % 7)
        good, bad = (good + 1, bad) if os.waitpid(pid, 0)[1] == (good % 7) << 8 else (good, bad + 1)
    fine(good and not bad, forks=good)


def children():
    until_stopped()
    good = bad = 0
    while not stop:
        out = subprocess.run(["echo", str(good)], stdout=subprocess.PIPE).stdout
        good, bad = (good + 1, bad) if out == b"%d\n" % good else (good, bad + 1)
    fine(good and not bad, children=good)


def files():
    """Reads and writes files and pipes without end."""
    until_stopped()
    r, w = os.pipe()
    good = bad = 0
    while not stop:
        os.write(w, b"x" * 1000)
        ok = os.read(r, 2000) == b"x" * 1000
        with open("/proc/self/stat") as stat:
            ok = ok and stat.read().startswith(str(os.getpid()))
        good, bad = (good + 1, bad) if ok else (good, bad + 1)
    fine(good and not bad, files=good)


def signals():
    """Handles a signal every millisecond."""
    until_stopped()
    caught = [0]

    def count(number, frame):
        caught[0] += 1

    signal.signal(signal.SIGALRM, count)
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
    n = 0
    while not stop:
        n += sum(range(100)) == 4950
    signal.setitimer(signal.ITIMER_REAL, 0)
    fine(caught[0] > 1, caught=caught[0])


states = {name.rstrip("_"): function for name, function in list(globals().items())
          if callable(function) and getattr(function, "__module__", None) == "__main__"}
if __name__ == "__main__":
    states[sys.argv[1]]()
