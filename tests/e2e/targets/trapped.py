"""A program with objects in the states that are traps for who looks at a heap, and what they hold.

`materialised`: how many of the plain instances have a __dict__ object now (seen in their memory: asking Python would make
one), and how many dicts the collector knows. `addresses`: what to look at.
"""

import ctypes
import gc
import lines
import sys

gc.disable()
N = 500


class Plain:
    def __init__(self, held):
        self.held = held
        self.other = [held]


class Opened(Plain):
    """An instance whose __dict__ was asked for."""


class Empty:
    pass


plain = [Plain([i]) for i in range(N)]
opened = Opened(["held by an attribute"])
opened_dict = opened.__dict__
minor = sys.version_info[1]


def word(address):
    return ctypes.c_uint64.from_address(address).value


def has_dict(o):
    """Whether instance `o` has a dict object beside or instead of its values, from 3.11."""
    before = word(id(o) - 24)
    return before != 0 and not (minor == 12 and before & 1)


def materialised():
    gc.collect()
    return {
        "plain": sum(has_dict(o) for o in plain) if minor >= 11 else 0,
        "dicts": sum(type(o) is dict for o in gc.get_objects()),
    }


def addresses():
    return {"plain": id(plain[7]), "opened": id(opened), "opened_dict": id(opened_dict),
            "held": id(opened_dict["held"]), "other": id(opened_dict["other"])}


def static_types():
    """Some that are not on any heap, and what they hold."""
    return [{"address": id(t), "referents": [id(t.__bases__), id(t.__mro__)]}
            for t in (object, type, int, dict, BaseException, OSError, type(len), type(None))]


def files():
    """Opens and closes: descriptor numbers are used again."""
    for _ in range(10):
        opened = [open("/dev/null") for _ in range(8)]
        for file in opened:
            file.close()
    return True


lines.say("ready")
lines.serve(materialised=materialised, addresses=addresses, static_types=static_types, files=files)
