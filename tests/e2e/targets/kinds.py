"""One object of every kind, and what Python itself says about each.

`list` answers with the names of the kinds, `facts N` with what is true of the Nth object while the program
waits: its refcount (without what asking adds), its size, what it refers to and what refers to it, and the names
that some of these references must have. `holds` says that a reference of the object must have that name,
`held` that the reference of another object to it must.
"""

import abc
import array
import asyncio
import collections
import contextvars
import ctypes
import datetime
import decimal
import enum
import fractions
import functools
import gc
import io
import itertools
import lines
import os
import pathlib
import queue
import re
import socket
import struct
import sys
import threading
import types
import weakref

MINOR = sys.version_info[1]
HALF_VISITED = (3, 13, 0) <= sys.version_info < (3, 13, 13)  # internals: gh-130327
gc.disable()

names, objects, holds, notes = [], [], [], []


def kind(name, *made, edges=None, shared=False, referents=None):
    """Registers an object. `edges` is called when asked, and gives (referent, name of the reference) pairs, or
    (None, name): some reference has it. `shared`: others use it all the time, its refcount wavers. `referents`
    replaces gc.get_referents() where that is known to be wrong."""
    names.append(name)
    objects.append(made[0])
    holds.append(edges)
    notes.append((shared, referents))


# ---- numbers ----
kind("int small", 5, shared=True)
kind("int", 123456789)
kind("int huge", 3 ** 1000)
kind("int negative", -(2 ** 70))
kind("int zero digits", 10 ** 12 - 10 ** 12, shared=True)
kind("bool", True, shared=True)
kind("float", float("2.5"))
kind("complex", complex(1, 2.5))
kind("Decimal", decimal.Decimal("1.50"))
kind("Fraction", fractions.Fraction(3, 7))
kind("None", None, shared=True)
kind("Ellipsis", ..., shared=True)
kind("NotImplemented", NotImplemented, shared=True)

# ---- text and bytes ----
kind("str empty", "", shared=True)
kind("str ascii", "".join(["plain ", "text"]))
kind("str latin", "".join(["caf", "\xe9"]))
kind("str UCS2", "".join(["\u65e5", "\u672c"]))
kind("str UCS4", "".join(["\U0001f40d", "snake"]))
with_utf8 = "".join(["caf", "\xe9 with UTF-8"])
ctypes.pythonapi.PyUnicode_AsUTF8.argtypes = [ctypes.py_object]
ctypes.pythonapi.PyUnicode_AsUTF8.restype = ctypes.c_char_p
ctypes.pythonapi.PyUnicode_AsUTF8(with_utf8)
kind("str with cached UTF-8", with_utf8)
kind("str long", "x" * 5000)


class Str(str):
    pass


a_str = Str("of a subclass")
a_str.note = ["held by a str"]
kind("str subclass", a_str)
kind("bytes", b"".join([b"some ", b"bytes"]))
kind("bytes empty", b"", shared=True)
kind("bytearray", bytearray(b"may change"))
kind("bytearray empty", bytearray())
kind("memoryview", memoryview(bytearray(b"viewed")), edges=lambda o: [(None, "buffer")])

# ---- sequences ----
held = ["held"]
other = ["other"]
kind("list empty", [])
kind("list", [held, other, 1], edges=lambda o: [(held, "[0]"), (other, "[1]"), (1, "[2]")])
grown = [None]
for _ in range(20):
    grown.append(held)
kind("list over-allocated", grown, edges=lambda o: [(held, "[%d]" % i) for i in range(1, 21)])
kind("list of itself", [], edges=lambda o: [(o, "[0]")])
objects[-1].append(objects[-1])
kind("tuple empty", (), shared=True)
kind("tuple", (held, other), edges=lambda o: [(held, "[0]"), (other, "[1]")])
kind("tuple untracked", tuple([1000001, "text"]), edges=lambda o: [(o[0], "[0]"), (o[1], "[1]")])
Point = collections.namedtuple("Point", "x y")
kind("namedtuple", Point(held, 2), edges=lambda o: [(held, "[0]"), (Point, ".__class__")])


class FatTuple(tuple):
    pass


fat = FatTuple((held, other, 3))
fat.note = other
kind("tuple subclass with dict", fat,
     edges=lambda o: [(held, "[0]"), (other, "[1]"), (FatTuple, ".__class__"), (None, ".__dict__")])


class ListSubclass(list):
    __slots__ = ("note",)


slotted_list = ListSubclass([held])
slotted_list.note = other
kind("list subclass with slot", slotted_list, edges=lambda o: [(held, "[0]"), (other, "slot note")])
kind("structseq", os.stat("/"), edges=lambda o: [(None, "[9]")])
kind("range", range(1000001, 5000005, 3), edges=lambda o: [(None, ".start"), (None, ".stop"), (None, ".step")])
kind("slice", slice(held, other, None), edges=lambda o: [(held, ".start"), (other, ".stop")])
kind("array", array.array("d", [1.0, 2.0, 3.0]))
kind("deque", collections.deque([held, other], maxlen=7), edges=lambda o: [(held, "[0]"), (other, "[1]")])


class DequeSubclass(collections.deque):
    pass


noted_deque = DequeSubclass([held, other])
noted_deque.note = held
kind("deque subclass", noted_deque, edges=lambda o: [(held, "[0]"), (other, "[1]"), (DequeSubclass, ".__class__")])
rotated = collections.deque(range(1000000, 1000100))
rotated.rotate(37)
kind("deque rotated", rotated, edges=lambda o: [(o[0], "[0]"), (o[99], "[99]")])
kind("deque empty", collections.deque())
kind("deque long", collections.deque([held] * 200), edges=lambda o: [(held, "[%d]" % i) for i in range(200)])

# ---- mappings and sets ----
kind("dict empty", {})
kind("dict str keys", {"one": held, "two": other}, edges=lambda o: [(held, "['one']"), (other, "['two']"), (None, "key")])
kind("dict int keys", {1: held, 2000000: other}, edges=lambda o: [(held, "[1]"), (other, "[2000000]"), (None, "key")])
kind("dict odd keys", {(1, "a"): held, None: other, b"\x00k": 3, 2.5: 4, held.append: 5, -7: 6, True: 7},
     edges=lambda o: [(held, "[(1, 'a')]"), (other, "[None]"), (3, "[b'\\x00k']"), (6, "[-7]"), (7, "[True]")])
deleted = {str(i): held for i in range(10)}
for i in range(5):
    del deleted[str(i)]
kind("dict after deletion", deleted, edges=lambda o: [(held, "['%d']" % i) for i in range(5, 10)])
popped = {i: other for i in range(100)}
for i in range(99):
    popped.pop(i)
kind("dict nearly emptied", popped, edges=lambda o: [(other, "[99]")])
kind("dict large", {"key %d" % i: held for i in range(3000)}, edges=lambda o: [(held, "['key 2999']")])
mixed = {"text": held}
mixed[3] = other
del mixed[3]
kind("dict once mixed", mixed, edges=lambda o: [(held, "['text']")])
kind("dict of itself", {}, edges=lambda o: [(o, "['me']")])
objects[-1]["me"] = objects[-1]


class DictSubclass(dict):
    pass


mapping = DictSubclass(key=held)
mapping.note = other
kind("dict subclass", mapping,
     edges=lambda o: [(held, "['key']"), (DictSubclass, ".__class__")])
kind("OrderedDict", collections.OrderedDict(key=held), edges=lambda o: [(held, "['key']"), (None, "key")])
kind("defaultdict", collections.defaultdict(list, key=held),
     edges=lambda o: [(held, "['key']"), (list, ".default_factory")])
kind("Counter", collections.Counter("abracadabra"), edges=lambda o: [(None, "['a']")])
kind("ChainMap", collections.ChainMap({"a": held}, {}))
kind("UserDict", collections.UserDict(a=held))
kind("set empty", set())
kind("set", {1000002, "member", (1, 2)}, edges=lambda o: [(None, "member")])
kind("set large", set(range(1000000, 1000500)), edges=lambda o: [(None, "member")])
kind("frozenset", frozenset([1000003, "member"]), edges=lambda o: [(None, "member")])
kind("mappingproxy", types.MappingProxyType({"a": held}), edges=lambda o: [(None, "mapping")])
view_of = {"v": held}
kind("dict keys", view_of.keys(), edges=lambda o: [(view_of, "mapping")])
kind("dict values", view_of.values(), edges=lambda o: [(view_of, "mapping")])
kind("dict items", view_of.items(), edges=lambda o: [(view_of, "mapping")])
kind("SimpleNamespace", types.SimpleNamespace(x=held), edges=lambda o: [(o.__dict__, ".__dict__")])


# ---- functions ----
def plain(a, b=held, *, c=other) -> int:
    """Documented."""
    return a


plain.__annotations__  # it is made when somebody asks
kind("function", plain, edges=lambda o: [
    (o.__code__, ".__code__"), (o.__globals__, ".__globals__"), (o.__defaults__, ".__defaults__"),
    (o.__kwdefaults__, ".__kwdefaults__"), (o.__annotations__, ".__annotations__"), (o.__doc__, ".__doc__"),
    (o.__name__, ".__name__"), (o.__module__, ".__module__")])
plain.attribute = other
kind("function dict", plain.__dict__, edges=lambda o: [(other, "['attribute']")])
kind("defaults", plain.__defaults__, edges=lambda o: [(held, "default 0")])
kind("keyword defaults", plain.__kwdefaults__, edges=lambda o: [(other, "['c']")])


def outer(x, y):
    def inner():
        return x, y

    return inner


closed = outer(held, other)
kind("closure", closed, edges=lambda o: [(o.__closure__, ".__closure__")])
kind("closure tuple", closed.__closure__, edges=lambda o: [(o[0], "closure x"), (o[1], "closure y")])
kind("cell", closed.__closure__[0], edges=lambda o: [(held, ".cell_contents")])
kind("cell of itself", cell_of_itself := types.CellType(), edges=lambda o: [(o, ".cell_contents")])
cell_of_itself.cell_contents = cell_of_itself
kind("cell empty", types.CellType())
kind("lambda with defaults", lambda a=held, b=other: a, edges=lambda o: [(o.__defaults__, ".__defaults__")])
kind("code", plain.__code__, edges=lambda o: [
    (o.co_consts, ".co_consts"), (o.co_names, ".co_names"), (o.co_filename, ".co_filename"), (o.co_name, ".co_name")])
kind("builtin function", len)
kind("builtin method", held.append, edges=lambda o: [(held, ".__self__")])
kind("method descriptor", list.append, edges=lambda o: [(list, ".__objclass__"), (None, ".__name__")])
kind("member descriptor", types.FunctionType.__globals__, edges=lambda o: [(types.FunctionType, ".__objclass__")])
kind("getset descriptor", types.FunctionType.__code__, edges=lambda o: [(types.FunctionType, ".__objclass__")])
kind("slot wrapper", int.__add__, edges=lambda o: [(int, ".__objclass__")])
kind("method-wrapper", held.__len__, edges=lambda o: [(held, ".__self__")])
kind("partial", functools.partial(plain, held, c=other), edges=lambda o: [(plain, ".func"), (o.args, ".args"), (o.keywords, ".keywords")])


@functools.lru_cache(maxsize=10)
def cached(x):
    return [x]


cached_result = cached(1000004)
kind("lru_cache", cached, edges=lambda o: [(o.__wrapped__, ".__wrapped__"), (cached_result, "cached")])


@functools.singledispatch
def dispatched(x):
    return x


kind("singledispatch", dispatched)


# ---- classes and instances ----
class Plain:
    def __init__(self):
        self.first = held
        self.second = other

    def method(self):
        return self

    @property
    def prop(self):
        return self.first

    @classmethod
    def cls_method(cls):
        return cls

    @staticmethod
    def static():
        return None


class Lonely:  # whose instances never show their __dict__
    def __init__(self):
        self.first = held
        self.second = other


INLINE = MINOR >= 11
lonely = Lonely()
kind("instance", lonely,
     edges=lambda o: [(held, ".first"), (other, ".second"), (Lonely, ".__class__")] if INLINE else
     [(None, ".__dict__"), (Lonely, ".__class__")])
materialised = Plain()
materialised_dict = materialised.__dict__
kind("instance with materialised dict", materialised,
     edges=lambda o: [(materialised_dict, ".__dict__"), (Plain, ".__class__")],
     referents=lambda o: [materialised_dict, Plain])
kind("materialised dict", materialised_dict, edges=lambda o: [(held, "['first']"), (other, "['second']")],
     referents=lambda o: [held, other])
split = Lonely()
split_dict = vars(split)
del split
kind("dict of a dead instance", split_dict, edges=lambda o: [(held, "['first']"), (other, "['second']")])


class Many:
    def __init__(self):
        for i in range(40):
            setattr(self, "attribute_%d" % i, held)


kind("instance with 40 attributes", Many(),
     edges=lambda o: [(None, ".__dict__")] if MINOR >= 12 or not INLINE else [(None, None)])


class Deleted:
    def __init__(self):
        self.a = self.b = self.c = held
        del self.b


kind("instance with deleted attribute", Deleted(),
     edges=lambda o: [(held, ".a"), (held, ".c")] if INLINE else [(None, ".__dict__")])
replaced = Lonely()
replaced.__dict__ = {"own": held}
kind("instance with replaced dict", replaced, edges=lambda o: [(None, ".__dict__")])


class Slots:
    __slots__ = ("left", "right", "unset", "__weakref__")

    def __init__(self):
        self.left = held
        self.right = other


class SlotsAndDict(Slots):
    def __init__(self):
        super().__init__()
        self.free = held


class MoreSlots(Slots):
    __slots__ = ("third",)

    def __init__(self):
        super().__init__()
        self.third = held


kind("instance with slots", Slots(), edges=lambda o: [(held, "slot left"), (other, "slot right"), (Slots, ".__class__")])
kind("instance with slots and dict", SlotsAndDict(), edges=lambda o: [(held, "slot left"), (other, "slot right")] + (
    [(held, ".free")] if INLINE and MINOR != 13 else [(None, ".__dict__")]))
kind("instance with inherited slots", MoreSlots(), edges=lambda o: [(held, "slot left"), (other, "slot right"), (held, "slot third")])


class Int(int):
    pass


fat_int = Int(10 ** 30)
fat_int.note = held
kind("int subclass with dict", fat_int, edges=lambda o: [(Int, ".__class__"), (None, ".__dict__")])
kind("class", Plain, edges=lambda o: [
    (o.__mro__, ".__mro__"), (o.__bases__, ".__bases__"), (o.__base__, ".__base__"), (None, ".__dict__"), (o.__qualname__, ".__qualname__")])
kind("class with slots", Slots)
kind("class with subclasses", Base := type("Base", (), {}), edges=lambda o: [(None, ".__subclasses__()")])
Derived = type("Derived", (Base,), {"note": held})
kind("abstract class", abc.ABCMeta("Abstract", (), {}))
kind("static class", int)
kind("metaclass", abc.ABCMeta)
kind("property", Plain.__dict__["prop"], edges=lambda o: [(o.fget, ".fget")] + ([(None, ".__name__")] if MINOR >= 10 else []))
kind("classmethod", Plain.__dict__["cls_method"], edges=lambda o: [(o.__func__, ".__func__")])
kind("staticmethod", Plain.__dict__["static"], edges=lambda o: [(o.__func__, ".__func__")])
kind("bound method", lonely_method := Plain().method, edges=lambda o: [(o.__func__, ".__func__"), (o.__self__, ".__self__")])
kind("super", super(SlotsAndDict, SlotsAndDict()))


class Colour(enum.Enum):
    RED = 1
    GREEN = 2


kind("enum member", Colour.RED)
kind("enum class", Colour)

# ---- weak references ----
referred = Lonely()
weak = weakref.ref(referred, lambda _: None)
kind("weakref", weak)
kind("weakly referenced", referred)
kind("WeakValueDictionary", weakref.WeakValueDictionary(a=referred))
kind("WeakSet", weakref.WeakSet([referred]))
kind("WeakMethod", weakref.WeakMethod(referred.__init__))
kind("proxy", weakref.proxy(referred))


# ---- generators, frames, exceptions ----
def generator(argument):
    local = held
    yield local
    yield argument


async def coroutine(argument):
    local = held
    await Suspend()
    return local


async def asynchronous(argument):
    local = held
    yield local


class Suspend:
    def __await__(self):
        yield


suspended = generator(other)
next(suspended)
kind("generator", suspended, edges=lambda o: [(held, "local 'local'"), (other, "local 'argument'")] if INLINE else
     [(o.gi_frame, ".gi_frame")])
if not INLINE:
    kind("generator's frame", suspended.gi_frame, edges=lambda o: [(held, "local 'local'"), (other, "local 'argument'"), (generator.__code__, ".f_code")])
kind("generator not started", generator(held))
finished = generator(held)
list(finished)
kind("generator finished", finished)
waiting = coroutine(other)
waiting.send(None)
kind("coroutine", waiting, edges=lambda o: [(held, "local 'local'"), (other, "local 'argument'")] if INLINE else [])
agen = asynchronous(other)
try:
    agen.__anext__().send(None)
except StopIteration:
    pass
kind("asynchronous generator", agen, edges=lambda o: [(held, "local 'local'")] if INLINE else [])


def raises():
    local = held
    try:
        raise KeyError("inner", held)
    except KeyError as cause:
        raise ValueError("outer", local) from cause


def catches():
    try:
        raises()
    except ValueError as error:
        return error


caught = catches()
kind("exception", caught, edges=lambda o: [
    (o.args, ".args"), (o.__traceback__, ".__traceback__"), (o.__cause__, ".__cause__"), (o.__context__, ".__context__")])
kind("exception's cause", caught.__cause__)
kind("traceback", caught.__traceback__, edges=lambda o: [(o.tb_next, ".tb_next"), (o.tb_frame, ".tb_frame")])
kind("frame", caught.__traceback__.tb_next.tb_frame, edges=lambda o: [(held, "local 'local'"), (raises.__code__, ".f_code")])


class OwnError(Exception):
    def __init__(self, *args):
        super().__init__(*args)
        self.detail = held


kind("exception subclass", OwnError(other))
kind("OSError", FileNotFoundError(2, "no such file", "/nowhere"))
kind("UnicodeDecodeError", UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad"))
kind("StopIteration", StopIteration(held))
kind("SyntaxError", SyntaxError("bad", ("file", 1, 2, "text")))
kind("ImportError", ImportError("no", name="nothing", path="nowhere"))
kind("SystemExit", SystemExit(held))

# ---- iterators ----
kind("list iterator", iter([held]), edges=lambda o: [(None, "iterates")])
kind("tuple iterator", iter((held,)))
kind("dict iterator", iter({"a": held}))
kind("dict item iterator", iter({"a": held}.items()))
kind("set iterator", iter({1000005}))
kind("str iterator", iter("text"))
kind("range iterator", iter(range(5)))
kind("reversed", reversed([held]))
kind("enumerate", enumerate([held]), edges=lambda o: [(None, "iterates")])
kind("zip", zip([held], [other]), edges=lambda o: [(None, "iterates")])
kind("map", map(plain, [held]), edges=lambda o: [(None, "iterates"), (plain, "function")])
kind("filter", filter(plain, [held]), edges=lambda o: [(None, "iterates"), (plain, "function")])
kind("chain", itertools.chain([held], [other]))
kind("count", itertools.count(1000006))
kind("cycle", itertools.cycle([held]))
kind("callable iterator", iter(held.pop, None))
kind("groupby", itertools.groupby([held]))
kind("tee", itertools.tee([held])[0])
kind("product", itertools.product([held], [other]))

# ---- modules ----
kind("module", types, edges=lambda o: [(o.__dict__, ".__dict__"), (o.__name__, ".__name__")])
kind("module dict", queue.__dict__, edges=lambda o: [(o["Queue"], "['Queue']")])
kind("builtins module", sys.modules["builtins"])
kind("module with state in C", sys.modules["_functools"])
kind("module spec", types.__spec__)

# ---- library objects ----
kind("re.Pattern", re.compile("(a+)b"), edges=lambda o: [(o.pattern, ".pattern")])
kind("re.Match", re.match("(a+)b", "aab"), edges=lambda o: [(o.string, ".string"), (o.re, ".re")])
kind("datetime", datetime.datetime(2024, 1, 2, tzinfo=datetime.timezone(datetime.timedelta(hours=1), "X")), edges=lambda o: [(o.tzinfo, ".tzinfo")])
kind("time with zone", datetime.time(1, 2, tzinfo=datetime.timezone(datetime.timedelta(hours=2), "Y")), edges=lambda o: [(o.tzinfo, ".tzinfo")])
kind("datetime without zone", datetime.datetime(2024, 1, 2))


class OwnTime(datetime.datetime):
    pass


kind("datetime subclass", OwnTime(2024, 1, 2, tzinfo=datetime.timezone.utc), edges=lambda o: [(o.tzinfo, ".tzinfo"), (OwnTime, ".__class__")])
kind("date", datetime.date(2024, 1, 2))
kind("timedelta", datetime.timedelta(5))
kind("timezone", datetime.timezone(datetime.timedelta(hours=3), "Z"), edges=lambda o: [(None, "offset"), (None, "name")])
kind("Path", pathlib.PurePosixPath("/a/b"))
kind("text file", io.open("/proc/self/status"))
kind("binary file", io.open("/proc/self/status", "rb"))
kind("raw file", io.FileIO("/proc/self/status"))
kind("BytesIO", io.BytesIO(b"x" * 1000))
kind("StringIO", io.StringIO("text"))
a_socket, peer = socket.socketpair()
kind("socket", a_socket)
kind("Lock", threading.Lock())
kind("RLock", threading.RLock())
kind("Condition", threading.Condition())
kind("Event", threading.Event())
kind("Thread", threading.current_thread())
kind("threading.local", threading.local(), edges=lambda o: [(None, "arguments"), (None, "dummies")])
kind("Queue", queue.Queue())
kind("SimpleQueue", queue.SimpleQueue())
kind("Struct", struct.Struct("<IHd"), edges=lambda o: [(None, ".format")] if MINOR >= 10 else [])


class CStruct(ctypes.Structure):
    _fields_ = [("a", ctypes.c_int), ("b", ctypes.py_object)]


kind("ctypes struct", CStruct(1, held))
kind("ctypes struct class", CStruct)
kind("ctypes array", (ctypes.c_int * 5)(1, 2, 3))
kind("ctypes pointer", ctypes.pointer(ctypes.c_int(5)))
kind("ctypes function", ctypes.pythonapi.PyUnicode_AsUTF8)
kind("ctypes callback", ctypes.CFUNCTYPE(ctypes.c_int)(lambda: 1))
kind("ctypes thunk", [o for o in gc.get_referents(objects[-1]) if type(o).__name__ == "CThunkObject"][0])
kind("ContextVar", variable := contextvars.ContextVar("variable", default=held), edges=lambda o: [(held, "default"), (None, ".name")])
kind("Context", contextvars.copy_context())
with_values = contextvars.copy_context()
with_values.run(variable.set, held)
kind("HAMT", [o for o in gc.get_referents(with_values) if "hamt" in type(o).__name__][0])
kind("itemgetter", __import__("operator").itemgetter(1, 2), edges=lambda o: [(None, "items")])
kind("attrgetter", __import__("operator").attrgetter("a.b"), edges=lambda o: [(None, "attributes")])
loop = asyncio.new_event_loop()
kind("event loop", loop)
kind("future", loop.create_future(), edges=lambda o: [(loop, "._loop")])
done = loop.create_future()
done.set_result(held)
kind("future done", done, edges=lambda o: [(held, "._result")])
failed = loop.create_future()
failed.set_exception(ValueError(held))
kind("future failed", failed, edges=lambda o: [(None, "._exception")])
called_back = loop.create_future()
called_back.add_done_callback(plain)
called_back.add_done_callback(len)
kind("future with callbacks", called_back, edges=lambda o: [(plain, "callback"), (None, "callbacks")])
task_done = []


async def forever(argument):
    local = held
    await asyncio.Future()
    return local


async def start_task():
    task = asyncio.ensure_future(forever(other))
    await asyncio.sleep(0)
    return task


kind("task", loop.run_until_complete(start_task()), edges=lambda o: [
    (o.get_coro(), "._coro"), (o._fut_waiter, "._fut_waiter"), (None, "get_context()"), (None, "get_name()")])
kind("GenericAlias", list[int] if MINOR >= 9 else __import__("typing").List[int])
if MINOR >= 10:
    kind("Union", int | str)
if MINOR >= 11:
    kind("ExceptionGroup", ExceptionGroup("several", [ValueError(held)]))

gc.collect()


# ---- what is true of them ----

def identities(these):
    return [id(o) for o in these]


def dict_between(o, target):
    """Where the materialised __dict__ of an instance lies if it holds `target`, else 0. Asking would make one."""
    MANAGED_DICT = 1 << 4
    if not HALF_VISITED or not type(o).__flags__ & MANAGED_DICT:
        return 0
    address = ctypes.c_uint64.from_address(id(o) - 24).value
    if not address:
        return 0
    values = ctypes.cast(address, ctypes.py_object).value.values()
    return address if any(value is target for value in values) else 0


def referents_of(index):
    corrected = notes[index][1]
    if HALF_VISITED and corrected:
        return identities(corrected(objects[index]))
    return identities(gc.get_referents(objects[index]))


def referrers_of(index):
    """What only lives as long as this answer is left out; where an instance seems to hold what its __dict__
    holds, it is the __dict__."""
    found = gc.get_referrers(objects[index])
    return [dict_between(o, objects[index]) or id(o) for o in found if o is not found]


def names_of(index):
    pairs = holds[index](objects[index]) if holds[index] else []
    return [[None if o is None else id(o), name] for o, name in pairs]


def qualified_name(cls):
    return cls.__module__ + "." + cls.__qualname__


def refcount_of(index):
    count = sys.getrefcount(objects[index])
    immortal = MINOR >= 12 and count >= 1 << 30
    return count if immortal else count - 1  # less the argument


def facts(text):
    index = int(text)
    return {
        "address": id(objects[index]),
        "type": qualified_name(type(objects[index])),
        "refcount": refcount_of(index),
        "getsizeof": sys.getsizeof(objects[index]),
        "tracked": gc.is_tracked(objects[index]),
        "finalized": MINOR >= 9 and gc.is_finalized(objects[index]),
        "weakrefs": None if MINOR >= 12 and type(objects[index]) is type and objects[index].__flags__ & (1 << 9) == 0
        else weakref.getweakrefcount(objects[index]),
        "shared": notes[index][0],
        "referents": referents_of(index),
        "referrers": referrers_of(index),
        "names": names_of(index),
        "held_by": id(objects),
        "position": "[%d]" % index,
    }


MANAGED_DICT = 1 << 4


def sizes():
    """What sys.getsizeof() says of everything that can be reached; not of what keeps attributes beside itself, and
    not of what computes its size in Python."""
    seen = {}
    found = gc.get_objects()
    while found:
        more = []
        for o in found:
            if id(o) not in seen and o is not found and o is not more and o is not seen:
                seen[id(o)] = o
                more += gc.get_referents(o)
        found = more
    return [[address, sys.getsizeof(o)] for address, o in seen.items()
            if not (MINOR >= 11 and type(o).__flags__ & MANAGED_DICT)
            and not isinstance(getattr(type(o), "__sizeof__", None), types.FunctionType)]


if __name__ == "__main__":
    lines.say(names)
    lines.serve(facts=facts, sizes=sizes)
    os._exit(0)  # tasks and generators that never end would complain
