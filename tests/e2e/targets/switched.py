"""A collector that somebody else switches: what gc and tracemalloc say of it."""

import sys

import lines

UNIMPORTED = len(sys.argv) > 1 and sys.argv[1] == "unimported"
if not UNIMPORTED:
    import gc
    import tracemalloc

    gc.collect()


def tell():
    return {
        "enabled": gc.isenabled(),
        "thresholds": list(gc.get_threshold()),
        "debug": gc.get_debug(),
        "frozen": gc.get_freeze_count(),
        "tracemalloc": tracemalloc.get_traceback_limit() if tracemalloc.is_tracing() else 0,
    }


def knows():
    return [name for name in ("gc", "tracemalloc", "_tracemalloc") if name in sys.modules]


def saved():
    """How many objects DEBUG_SAVEALL has kept of one cycle."""
    one = []
    one.append(one)
    del one
    gc.collect()
    n = len(gc.garbage)
    gc.garbage.clear()
    return n


def traced():
    """Whether what is allocated now has a traceback."""
    return tracemalloc.get_object_traceback(bytearray(100)) is not None


lines.say("ready")
lines.serve(tell=tell, knows=knows, saved=saved, traced=traced)
