"""Programs that leak, and such that do not: what `ouro leaks`, `ouro path --type` and `ouro waste` are asked about."""

import gc
import sys
import threading
import tracemalloc
import types

import lines


# ---- the service of `ouro demo` ----
source = []


def define(*text):
    """inspector/demo.py piece by piece, in hexadecimal digits: an interpreter with a root of its own cannot read the file."""
    source.extend(text)
    if not text:
        demo = sys.modules["demo"] = types.ModuleType("demo")
        exec(compile(bytes.fromhex("".join(source)), "demo.py", "exec"), demo.__dict__)
    return len(source)


def serve(n):
    """So many requests, with the collector switched off."""
    import demo
    gc.disable()
    demo.HANDLERS["html"] = demo.make_renderer("html")
    demo.HANDLERS["mail"] = demo.make_renderer("mail")
    trail = demo.audit_trail()
    next(trail)
    for number in range(int(n)):
        demo.handle_request(number, trail)
    demo.trail = trail
    return len(demo.SESSIONS)


# ---- growth ----
class Entry:
    pass


cache = {}
stopped = threading.Event()


def grow():
    """A thread that adds entries until the end, and one that makes and drops as many."""
    def add():
        n = 0
        while not stopped.wait(0.002):
            for _ in range(10):
                cache["key %d" % n] = Entry()
                n += 1

    def churn():
        while not stopped.wait(0.002):
            passing = {i: [i, Entry()] for i in range(300)}
            del passing

    threading.Thread(target=add, daemon=True).start()
    threading.Thread(target=churn, daemon=True).start()
    return 0


# ---- known patterns ----
kept = []


def patterns():
    import functools
    import logging
    import queue
    import unittest.mock

    @functools.lru_cache(maxsize=None)
    def remembered(n):
        return "result %d" % n

    for i in range(2000):
        remembered(i)
    logger = logging.getLogger("leaky")
    for _ in range(50):
        logger.addHandler(logging.NullHandler())
    waiting = queue.Queue()
    for i in range(1500):
        waiting.put(i)
    mock = unittest.mock.Mock()
    for i in range(1200):
        mock(i)

    def fail():
        large = bytearray(3 << 20)
        raise ValueError(len(large))

    try:
        fail()
    except ValueError as e:
        kept.append(e)

    def produce():
        held = bytearray(2 << 20)
        yield len(held)
        yield held

    suspended = produce()
    next(suspended)
    kept.extend([remembered, logger, waiting, mock, suspended])
    return 0


# ---- waste ----
class Plain:
    pass


class Slotted:
    __slots__ = ("a", "b", "c", "d", "e")


def instances(cls, n):
    made = [None] * n
    before = tracemalloc.get_traced_memory()[0]
    for i in range(n):
        made[i] = one = cls()
        one.a = one.b = one.c = one.d = one.e = None
    return made, tracemalloc.get_traced_memory()[0] - before


def waste():
    """Waste of every kind, and what this interpreter says that it is."""
    text = b"a text that is here a thousand times, and could be here once"
    kept.append([text.decode() for _ in range(1000)])
    dicts, sets = [{i: i for i in range(1000)} for _ in range(50)], [set(range(1000)) for _ in range(50)]
    sparse, sparse_sets = [{i: i for i in range(1000)} for _ in range(20)], [set(range(1000)) for _ in range(20)]
    for i in range(1000):
        for some in dicts:
            del some[i]
        for some in sets:
            some.remove(i)
        for some in sparse if i < 990 else ():
            del some[i]
        for some in sparse_sets if i < 990 else ():
            some.remove(i)
    tracemalloc.start()
    plain, plain_bytes = instances(Plain, 2000)
    slotted, slotted_bytes = instances(Slotted, 2000)
    tracemalloc.stop()
    kept.extend([dicts, sets, sparse, sparse_sets, plain, slotted])
    gc.collect()
    size = sys.getsizeof
    return {
        "text": sum(map(size, kept[0])) - size(kept[0][0]),
        "dicts": sum(map(size, dicts)) - 50 * size({}),
        "sets": sum(map(size, sets)) - 50 * size(set()),
        "sparse": sum(map(size, sparse)) - sum(size(dict(list(d.items()))) for d in sparse),
        "sparse_sets": sum(map(size, sparse_sets)) - sum(size(set(s)) for s in sparse_sets),
        "lists": sum(size(o) - size([]) - 8 * len(o) for o in gc.get_objects() if type(o) is list and o),
        "slots": plain_bytes - slotted_bytes,
    }


# ---- what is no leak ----
def imports():
    """Flask if it is there, else much of the standard library."""
    try:
        import flask
        return flask.__name__
    except ImportError:
        import asyncio, concurrent.futures, ctypes, decimal, email.mime.text, http.server, logging.config  # noqa
        import multiprocessing, sqlite3, unittest.mock, urllib.request, xml.dom.minidom  # noqa
        return "standard library"


def plain():
    """What a script has: some data, nothing large, nothing left behind."""
    global table, words
    table = [{"id": i, "name": "row %d" % i, "tags": ["a", "b"]} for i in range(900)]
    words = {"word %d" % i: i for i in range(5000)}
    return 0


if __name__ == "__main__":
    lines.say("ready")
    lines.serve(define=define, serve=serve, grow=grow, patterns=patterns, imports=imports, plain=plain, waste=waste)
