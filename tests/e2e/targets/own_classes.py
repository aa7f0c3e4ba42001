"""Instances of the program's own classes, in every place where an object can be held.

`expect` counts what there is of each class; the test compares with `ouro types`. The first line says how many
of each; then everything stays as it is until the input ends.
"""

import gc
import sys
import threading

import lines

gc.disable()
expect = {}


def count(cls, n=1):
    name = cls.__module__ + "." + cls.__qualname__
    expect[name] = expect.get(name, 0) + n


def made(cls, *args):
    count(cls)
    return cls(*args)


class Plain:
    def __init__(self, held=None):
        self.held = held


class Slotted:
    __slots__ = ("a", "b")


class SlotsAndDict(Slotted):
    pass


class Empty:
    """Never instantiated: must not be listed, or with 0."""


class Int(int):
    __slots__ = ()


class Str(str):
    __slots__ = ()


class Tuple(tuple):
    __slots__ = ()


class FatTuple(tuple):
    pass


class List(list):
    pass


class Dict(dict):
    pass


class Set(set):
    pass


class Error(Exception):
    pass


class Meta(type):
    pass


class Outer:
    class Inner:
        class Innermost:
            pass


def local_class():
    class Local:
        pass

    return Local


Local = local_class()

# In containers of the program.
many = [made(Plain) for _ in range(1234)]
kinds = [made(cls) for cls in (Slotted, SlotsAndDict, Outer.Inner, Outer.Inner.Innermost, Local) for _ in range(7)]
kinds += [made(Str, "text"), made(Int, 12345), made(Tuple, (1, 2)), made(FatTuple, (1, 2)), made(List, [1]),
          made(Dict, {1: 2}), made(Set, {1}), made(Error, "wrong")]
Made = made(Meta, "Made", (), {})
made_objects = [made(Made), made(Made)]
attribute = made(Plain, made(Plain, made(Int, 7)))
attribute.other = made(Slotted)
attribute.other.a = made(Int, 8)
keys = {made(Int, 9): made(Int, 10)}
members = {made(Str, "member")}

# In containers that are themselves in others.
nested = [({"eleven": (made(Int, 11), made(Str, "twelve"))}, made(Int, 13)), frozenset([made(Int, 14)])]
gc.collect()  # to older generations

# In a cycle that nothing else holds; collection is off.
for _ in range(3):
    one, two = made(Plain), made(Slotted)
    one.held, two.a = two, one
    one.held_too = made(Int, 15)
del one, two


# In functions.
def closure():
    held, number = made(Plain), made(Int, 16)
    return lambda: (held, number)


def default(held=made(Plain), *, number=made(Int, 17)):
    return held, number


def annotated(x: made(Int, 18)):
    pass


kept = closure()
method = made(Plain).__init__


# In generators and coroutines.
def generator():
    held, number = made(Plain), made(Int, 19)
    yield
    return held, number


async def coroutine():
    held, number = made(Plain), made(Int, 20)
    await Suspend()
    return held, number


async def asynchronous_generator():
    held, number = made(Plain), made(Int, 21)
    yield 1
    yield held, number


class Suspend:
    def __await__(self):
        yield


suspended = generator()
next(suspended)
waiting = coroutine()
waiting.send(None)
agen = asynchronous_generator()
step = agen.__anext__()
try:
    step.send(None)
except StopIteration:
    pass
count(Suspend)  # the coroutine waits in its __await__
del step
never_started = generator()

# In exceptions and the frames that their tracebacks hold.
try:
    def fails():
        held, number = made(Plain), made(Int, 22)
        raise made(Error, held)
    fails()
except Error as error:
    caught = error

# As attributes of what is not a container.
kept.attribute = made(Int, 23)
sys.modules["made_up"] = type(sys)("made_up")
sys.modules["made_up"].attribute = made(Int, 24)


# In frames that run.
def in_thread(ready, stop):
    held, number = made(Plain), made(Int, 25)
    ready.set()
    stop.wait()
    return held, number


def running_generator():
    held, number = made(Plain), made(Int, 26)
    deeper(made(Int, 27))
    yield held, number


def deeper(argument):
    held, number = made(Plain), made(Int, 28)
    ready, stop = threading.Event(), threading.Event()
    thread = threading.Thread(target=in_thread, args=(ready, stop))
    thread.start()
    ready.wait()
    lines.say({name: n for name, n in expect.items()})
    lines.hear()
    stop.set()
    thread.join()
    return held, number, argument


def main():
    held, number = made(Plain), made(Int, 29)
    by_cell = made(Int, 30)
    for _ in running_generator():
        pass
    return held, number, lambda: by_cell


main()
sys.stdout.flush()
waiting.close()
