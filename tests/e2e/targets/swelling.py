"""Grows and shrinks as it is told: what `ouro watch` waits for."""

import gc

import lines


class Row:
    __slots__ = ("held",)

    def __init__(self, held=None):
        self.held = held


gc.disable()
rows = []
memory = []


def grow(n):
    rows.extend(Row() for _ in range(int(n)))
    return len(rows)


def shrink():
    rows.clear()
    memory.clear()
    return 0


def hog(mib):
    """So much memory, written to."""
    memory.append(bytearray(b"x") * (int(mib) << 20))
    return len(memory)


def garbage(n):
    """So many objects that only a collection can free."""
    for _ in range(int(n)):
        row = Row()
        row.held = row
    return 0


def collect():
    return gc.collect()


def slow():
    """One collection that takes some milliseconds at least."""
    kept = [[] for _ in range(1000000)]
    gc.collect()
    return len(kept)


lines.say("ready")
lines.serve(grow=grow, shrink=shrink, hog=hog, garbage=garbage, collect=collect, slow=slow)
