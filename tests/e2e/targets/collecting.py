"""Collects as it is told to, and says what the collector's own counters make of it.

`baseline`: what following must leave as it was. `spin SECONDS RATE`: so many small collections a second with work in
between; how much work got done. `counters`: collections by generation, collected, uncollectable.
"""

import sys
import time

import lines

UNIMPORTED = len(sys.argv) > 1 and sys.argv[1] == "unimported"
if not UNIMPORTED:
    import gc
    import os

    gc.collect()
    gc.freeze()
    gc.disable()
    callbacks = gc.callbacks


def baseline():
    return {
        "same": gc.callbacks is callbacks,
        "callbacks": [repr(callback) for callback in callbacks],
        "refs": sys.getrefcount(callbacks),
        "bytes": sys.getsizeof(callbacks),
        "enabled": gc.isenabled(),
        "modules": sorted(sys.modules),
        "none": sys.getrefcount(None),
        "objects": len(gc.get_objects()),
    }


def members():
    return len(callbacks)


def counters():
    return gc.get_stats()


def knows_gc():
    return "gc" in sys.modules


def _garbage():
    one = []
    one.append(one)


def spin(seconds, rate):
    """`rate` collections a second for so long, each of which frees one list; how many there were."""
    collect, clock, end = gc.collect, time.perf_counter, time.perf_counter() + float(seconds)
    period, due, n = 1 / float(rate), time.perf_counter(), 0
    while True:
        now = clock()
        if now >= due:
            if now >= end:
                break
            due += period
            _garbage()
            collect(0)
            n += 1
    return n


def burst(n):
    """So many at once, each of which frees one list."""
    for _ in range(int(n)):
        _garbage()
        gc.collect(0)
    return gc.get_stats()


def work(n):
    """The seconds of processor time that `n` collections of nothing take."""
    span, collect, begin = range(int(n)), gc.collect, time.thread_time()
    for _ in span:
        collect(0)
    return time.thread_time() - begin


def each():
    """One collection of each generation, then one that is not asked for."""
    for generation in range(3):
        _garbage()
        gc.collect(generation)
    gc.enable()
    kept = [[] for _ in range(3000)]
    gc.disable()
    return len(kept)


def uncollectable():
    gc.set_debug(gc.DEBUG_SAVEALL)
    _garbage()
    freed = gc.collect()
    gc.set_debug(0)
    gc.garbage.clear()
    return freed


def child():
    """What a forked child's collector does with what it inherits: its callbacks before and after two collections."""
    pid = os.fork()
    if not pid:
        before = len(callbacks)
        gc.collect()
        gc.collect()
        os._exit(10 * before + len(callbacks))
    return os.waitpid(pid, 0)[1] >> 8


def by_hand():
    """A program may call what it finds there, as it likes."""
    found = callbacks[-1]
    for arguments in (), (1, 2), ("start", None), ("start", {}), ("stop", {}), ("stop", {"generation": 2**80}):
        found(*arguments)
    found("start", {})
    found("stop", {"generation": 7, "collected": "x"})
    found("start", {})
    found("stop", {"generation": 1, "collected": -(2**70), "uncollectable": -1})
    return len(callbacks)


def keep():
    """Keeps what it finds there, for `restore`."""
    global kept
    kept = callbacks[:]
    return len(kept)


def restore():
    callbacks[:] = kept
    gc.collect()
    n = len(callbacks)
    callbacks.clear()
    kept.clear()
    return n


def others(n):
    """Callbacks of the program's own, put behind whatever is there."""
    callbacks.extend([lambda phase, info: None] * int(n))
    return len(callbacks)


lines.say("ready")
if UNIMPORTED:
    lines.serve(knows_gc=knows_gc)
else:
    lines.serve(baseline=baseline, members=members, counters=counters, spin=spin, burst=burst, work=work, each=each,
                uncollectable=uncollectable, child=child, by_hand=by_hand, keep=keep, restore=restore, others=others)
