"""A program whose analyses are known: names for paths, cycles, random structures to cut loose."""

import gc
import random
import sys
import threading
import tracemalloc
import weakref

import lines

gc.disable()


class Node:
    def __init__(self, parent=None):
        self.parent = parent
        self.children = []
        if parent:
            parent.children.append(self)


class Slotted:
    __slots__ = ("other", "__weakref__")

    def __del__(self):
        pass


class App:
    def __init__(self):
        self.cache = {"k1": {"items": [0, 1, Node()]}}


app = App()
started = threading.Event()


def keeper():
    def inner():
        return held

    held = [b"held by a variable" * 10]
    known["held"] = id(held)
    started.set()
    done.wait()
    return inner


class Referred:
    pass


referred = Referred()
weak_plain = weakref.ref(referred)
weak_calling = weakref.ref(referred, print)
weak_proxy = weakref.proxy(referred, print)

known = {"referred": id(referred), "weak_plain": id(weak_plain), "weak_calling": id(weak_calling), "leaf": id(app.cache["k1"]["items"][2]), "app": id(app)}
done = threading.Event()
threading.Thread(target=keeper, name="the keeper", daemon=True).start()
started.wait()


def where(name):
    return known[name]


# ---- cycles ----
trees = []


def cycles():
    """Two garbage cycles and a live one."""
    first = Node()
    Node(first)
    a, b = Slotted(), Slotted()
    a.other, b.other = b, a
    top = Node()
    for _ in range(5):
        Node(Node(top))
    trees.append(top)


# ---- retained sizes ----
world = {}


def structure(rng, pool, depth):
    """Something that may share parts with others."""
    if pool and rng.random() < 0.15:
        return rng.choice(pool)
    kind = rng.randrange(6) if depth else 0
    if kind == 0:
        made = bytes(rng.randrange(40, 400))
    elif kind == 1:
        made = [structure(rng, pool, depth - 1) for _ in range(rng.randrange(1, 6))]
    elif kind == 2:
        made = {i: structure(rng, pool, depth - 1) for i in range(rng.randrange(1, 6))}
    elif kind == 3:
        made = tuple(structure(rng, pool, depth - 1) for _ in range(rng.randrange(1, 6)))
    else:
        made = Node()
        made.value = structure(rng, pool, depth - 1)
        if kind == 5:
            made.parent = made  # only a collection frees it
    pool.append(made)
    return made


def make(seed):
    rng = random.Random(int(seed))
    gc.collect()  # memory that free lists hand out again is traced only if it was when it was allocated
    tracemalloc.start()
    for i in range(40):
        pool = []
        for k in range(5):
            world[i * 5 + k] = structure(rng, pool, 5)
    world_keys = [[i, id(world[i])] for i in world if type(world[i]) is not bytes]
    pool = None
    rng = None
    gc.collect()
    return world_keys


def traced():
    gc.collect()
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


def drop(i):
    """The bytes that the interpreter's allocators get back."""
    i = int(i)
    before = traced()
    noise = before - traced()  # the number in `before` itself
    before = None
    before = traced()
    del world[i]
    return before - traced() - noise


def accounts(n):
    """[address, refcount] of some tracked objects; less what only this function holds of each."""
    some = random.Random(1).sample(gc.get_objects(), int(n))
    numbers = [[id(o), sys.getrefcount(o) - 3] for o in some]  # `some`, `o`, the argument
    some = o = None
    return [[address, count] for address, count in numbers]


if __name__ == "__main__":
    lines.say("ready")
    lines.serve(where=where, cycles=cycles, make=make, drop=drop, accounts=accounts)
