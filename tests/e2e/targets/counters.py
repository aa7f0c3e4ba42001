"""A collector in an unusual state: what gc says about it, to be compared with `ouro stats`."""

import gc
import sys
import tracemalloc

import lines


class Node:
    pass


def garbage(n):
    for _ in range(n):
        node = Node()
        node.me = node


def usual():
    pass


def unusual():
    gc.set_threshold(1234, 17, 5)
    gc.set_debug(gc.DEBUG_SAVEALL)
    garbage(9)
    gc.collect()
    gc.set_debug(gc.DEBUG_UNCOLLECTABLE)
    garbage(4)
    gc.collect(0)
    garbage(3)
    gc.collect(1)
    gc.freeze()
    tracemalloc.start()
    gc.disable()


def off():
    gc.set_threshold(0)
    gc.disable()


{"usual": usual, "unusual": unusual, "off": off}[sys.argv[1]]()


def populations():
    return [len(gc.get_objects(generation)) for generation in range(3)]


def tell():
    return {
        "enabled": gc.isenabled(),
        "debug": gc.get_debug(),
        "garbage": len(gc.garbage),
        "frozen": gc.get_freeze_count(),
        "thresholds": list(gc.get_threshold()),
        "stats": gc.get_stats(),
        "tracemalloc": tracemalloc.is_tracing(),
        "populations": populations(),
        "counts": list(gc.get_count()),
    }


lines.say("ready")
lines.serve(tell=tell)
gc.set_debug(0)
