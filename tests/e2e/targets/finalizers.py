"""Objects with finalizers of every kind, in known numbers. The first line is what `ouro finalizers` must say."""

import gc
import lines
import sys
import types
import weakref

gc.disable()
revived = []


class Plain:
    pass


class Loud:
    def __del__(self):
        pass


class LoudChild(Loud):
    """Inherits it."""


class Phoenix:
    """Lives on after its finalizer has run."""

    def __del__(self):
        revived.append(self)


class Closing(types.SimpleNamespace):
    def __del__(self):
        pass


def generator():
    yield 1


def goodbye(what):
    pass


loud = [Loud() for _ in range(7)]
children = [LoudChild() for _ in range(3)]
phoenixes = [Phoenix() for _ in range(5)]
phoenixes.pop()
phoenixes.pop()
closing = Closing(a=1)
generators = [generator() for _ in range(4)]
for _ in range(6):
    trash = Loud()
    trash.me = trash
del trash
del _
plains = [Plain() for _ in range(3)]
finalizes = [weakref.finalize(plain, goodbye, i) for i, plain in enumerate(plains)]
finalizes[1]()
put = Plain()
gc.garbage.append(put)
saved = len(sys.argv) > 1
if saved:
    # as if an automatic collection had found them
    gc.set_debug(gc.DEBUG_SAVEALL)
    gc.collect()

finalized = None
if hasattr(gc, "is_finalized"):
    finalized = {"__main__.Phoenix": sum(map(gc.is_finalized, [*phoenixes, *revived])),
                 "__main__.Loud": sum(map(gc.is_finalized, [*loud, *(o for o in gc.garbage if type(o) is Loud)]))}
lines.say({
    "count": {"__main__.Loud": 13, "__main__.LoudChild": 3, "__main__.Phoenix": 5, "__main__.Closing": 1},
    "in_garbage": {"__main__.Loud": 0 if saved else 6, "__main__.LoudChild": 0, "__main__.Phoenix": 0},
    "finalized": finalized,
    "generators": 4,
    "finalize": [{"address": id(f), "alive": f.alive, "object": id(plain) if f.alive else None}
                 for f, plain in zip(finalizes, plains)],
    "garbage": [id(o) for o in gc.garbage],
})
lines.serve()
