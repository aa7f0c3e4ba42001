"""Makes garbage of one kind, then waits to be collected: by itself (`collect G`) or by somebody else.

Two processes of it with the same arguments have the same garbage. `after` tells what a collection has done;
`expect G` how many instances of its classes a collection of generation G should free.
"""

import sys

import lines

SCENARIO = sys.argv[1]
WITHOUT_GC = SCENARIO == "unimported"
if not WITHOUT_GC:
    import gc

finalized = []
resurrected = []
callbacks = []


class Node:
    def __init__(self, other=None):
        self.other = other
        self.items = [self]


class Slotted:
    __slots__ = ("other",)


class Loud:
    """Has a finalizer."""

    def __init__(self):
        self.me = self

    def __del__(self):
        finalized.append(1)


class Lazarus:
    """Its finalizer brings it back, with all that it holds."""

    def __init__(self):
        self.me = self
        self.node = Node()

    def __del__(self):
        resurrected.append(self)


def cycles(n):
    for _ in range(n):
        node = Node()
        node.other = Node(node)
        slotted = Slotted()
        slotted.other = slotted


def make_old(generation, n):
    """Garbage that lies in an older generation."""
    kept = []
    for _ in range(n):
        kept.append(Node())
    for young in range(generation):
        gc.collect(young)
    kept.clear()


def expected(generation):
    generation = int(generation)
    name = "__main__."
    if SCENARIO in ("cycles", "enabled", "callbacks", "unimported"):
        return {name + "Node": 20, name + "Slotted": 10}
    if SCENARIO == "finalizers":
        return {name + "Loud": 7, name + "Node": 20, name + "Slotted": 10}
    if SCENARIO == "resurrection":
        if sys.version_info < (3, 9):
            return {}  # one that comes back saves all the others
        return {name + "Node": 20, name + "Slotted": 10}
    if SCENARIO == "generations":
        return {name + "Node": (3, 3 + 5, 3 + 5 + 8)[generation]}
    return {}


if not WITHOUT_GC:
    gc.collect()
    gc.collect()
    if SCENARIO != "enabled":
        gc.disable()
if SCENARIO == "generations":
    make_old(2, 8)
    make_old(1, 5)
    make_old(0, 3)
elif SCENARIO not in ("nothing",):
    cycles(10)
if SCENARIO == "finalizers":
    for _ in range(7):
        Loud()
if SCENARIO == "resurrection":
    for _ in range(4):
        Lazarus()
if SCENARIO == "saveall":
    gc.set_debug(gc.DEBUG_SAVEALL)
if SCENARIO == "callbacks":
    gc.callbacks.append(lambda phase, info: callbacks.append([phase, info]))
if SCENARIO in ("enabled", "finalizers"):
    gc.enable()


def after():
    import gc

    return {
        "garbage": len(gc.garbage),
        "finalized": len(finalized),
        "resurrected": len(resurrected),
        "callbacks": callbacks,
        "enabled": gc.isenabled(),
        "debug": gc.get_debug(),
        "collections": [generation["collections"] for generation in gc.get_stats()],
        "collected": [generation["collected"] for generation in gc.get_stats()],
    }


def collect(generation):
    import gc

    return gc.collect(int(generation))


lines.say("ready")
lines.serve(collect=collect, after=after, expect=expected, knows_gc=lambda: "gc" in sys.modules)
if not WITHOUT_GC:
    gc.set_debug(0)
