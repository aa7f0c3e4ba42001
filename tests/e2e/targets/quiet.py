"""A program at rest, with objects in every generation, and in the permanent one.

Answers `list` with the addresses of everything that its collector tracks, by generation, and `thaw`, which
ends that, with those in the permanent generation.
"""

import array
import asyncio  # a few thousand objects that are not ours
import gc
import lines
import threading

gc.disable()


class Node:
    def __init__(self, parent=None):
        self.parent = parent
        self.children = []
        if parent:
            parent.children.append(self)


class Slotted:
    __slots__ = ("left", "right")


def varied():
    """Objects of many kinds that are tracked."""
    root = Node()
    for _ in range(50):
        Node(root)
    slotted = Slotted()
    slotted.left = [root]
    return [root, slotted, {"a": [1]}, {1: {2: {3: []}}}, (root, slotted), {root}, frozenset([slotted]),
            lambda: root, threading.Lock(), asyncio.sleep, Node, type("Made", (), {}), (x for x in [root]),
            memoryview(b"text"), Exception(root), iter([root]), map(str, [root]), slice(root, root)]


def ids(objects):
    """As numbers; the list itself is left out."""
    return array.array("Q", [id(o) for o in objects if o is not objects])


permanent = varied()
gc.collect()
gc.freeze()
oldest = varied()
gc.collect()
middle = varied()
gc.collect(0)
youngest = varied()


lists = [None, None, None]


def tracked():
    """No temporary object is alive while the lists are made."""
    for generation in range(3):
        lists[generation] = None
        lists[generation] = ids(gc.get_objects(generation))
    return [list(numbers) for numbers in lists]


def thawed():
    """Unfreezes: what joins the oldest generation was in the permanent one."""
    oldest = set(ids(gc.get_objects(2)))
    gc.unfreeze()
    return [number for number in ids(gc.get_objects(2)) if number not in oldest]


lines.say("ready")
lines.serve(list=tracked, thaw=thawed, frozen_count=gc.get_freeze_count)
