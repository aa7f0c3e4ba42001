"""A program that has children in every way that Python knows, and tells how each way went.

`run NAME` does one of them and tells what came of it. None of it depends on time, so an inspector that is attached
must make no difference.
"""

import lines
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import warnings

# from 3.12 os.fork() warns when the process has a second thread, which the agent is (docs/safety.md)
warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)
processes = multiprocessing.get_context("fork")
N = 12


def fork(status):
    pid = os.fork()
    if pid == 0:
        os._exit(status)
    return pid


def wait():
    """os.wait() finds these children, and no other."""
    statuses = {fork(i): i << 8 for i in range(N)}
    found = dict(os.wait() for _ in range(N))
    try:
        os.wait()
        rest = "a child too many"
    except ChildProcessError as error:
        rest = error.errno
    return [found == statuses, rest]


def waitpid():
    pids = [fork(i) for i in range(N)]
    statuses = [os.waitpid(-1, 0)[1] >> 8 for _ in range(N)]
    try:
        return [sorted(statuses), len(pids), os.waitpid(-1, os.WNOHANG)]
    except ChildProcessError as error:
        return [sorted(statuses), len(pids), error.errno]


def waitid():
    """Every child is seen as ended by waitid(P_ALL) before it is reaped."""
    seen = []
    for i in range(N):
        pid = fork(i)
        info = os.waitid(os.P_ALL, 0, os.WEXITED)
        seen.append([info.si_pid == pid, info.si_status, info.si_code == os.CLD_EXITED])
    return seen


def sigchld():
    """The handler runs once for each child: they end one after the other."""
    caught = []
    before = signal.signal(signal.SIGCHLD, lambda number, frame: caught.append(number))
    statuses = []
    for i in range(N):
        pid = fork(i)
        statuses.append(os.waitpid(pid, 0)[1] >> 8)
        while len(caught) <= i:  # it runs between two instructions of this thread
            pass
    signal.signal(signal.SIGCHLD, before)
    return [len(caught), statuses]


def ignored():
    """With SIGCHLD ignored the kernel reaps; wait() ends when all have ended."""
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for i in range(N):
        fork(i)
    try:
        os.wait()
        result = "a child"
    except ChildProcessError as error:
        result = error.errno
    signal.signal(signal.SIGCHLD, before)
    return result


def run():
    results = [subprocess.run(["sh", "-c", "cat; echo err >&2; exit %d" % i], input=b"%d" % i, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE) for i in range(N)]
    return [[r.returncode, r.stdout.decode(), r.stderr.decode()] for r in results]


def popen():
    children = [subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(N)]
    outs = [child.communicate(b"%d" % i)[0].decode() for i, child in enumerate(children)]
    return [outs, [child.wait() for child in children]]


def pipe_end():
    """The end of a pipe is seen as soon as the last writer closes it: nobody else holds it open."""
    ends = []
    for i in range(N):
        r, w = os.pipe()
        os.write(w, b"%d" % i)
        os.close(w)
        ends.append([os.read(r, 10).decode(), os.read(r, 10).decode()])
        os.close(r)
    return ends


def double(x):
    return 2 * x


def pool():
    with processes.Pool(3) as workers:
        doubled = workers.map(double, range(100))
        workers.close()
        workers.join()
    return [doubled == [2 * i for i in range(100)], len(multiprocessing.active_children())]


def put(queue, i):
    queue.put((i, threading.active_count()))
    sys.exit(i)


def process():
    queue = processes.Queue()
    children = [processes.Process(target=put, args=(queue, i)) for i in range(N)]
    for child in children:
        child.start()
    got = sorted(queue.get() for _ in children)
    for child in children:
        child.join()
    queue.close()
    queue.join_thread()
    return [got, [child.exitcode for child in children], len(multiprocessing.active_children())]


def fork_that_stays():
    """A child that waits for a line in a pipe; see `let_go`."""
    global staying
    r, w = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(w)
        status = 0 if os.read(r, 10) == b"go" else 1
        os._exit(status)
    os.close(r)
    staying = pid, w
    return pid


def let_go():
    pid, w = staying
    os.write(w, b"go")
    os.close(w)
    return os.waitpid(pid, 0)[1]


ways = [wait, waitpid, waitid, sigchld, ignored, run, popen, pipe_end, pool, process]


def run_all():
    return {way.__name__: way() for way in ways}


lines.say("ready")
lines.serve(run=run_all, stay=fork_that_stays, go=let_go)
