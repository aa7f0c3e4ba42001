"""One value of every kind that a preview can show, and what it must say.

The expectation comes from repr() or str(), or is written down where ours is another text: what is long is
clipped, what would have to be run is not. The first line is [[name, address, expected], …]; `ran` tells what
of it ran.
"""

import array
import collections
import ctypes
import dataclasses
import datetime
import decimal
import enum
import gc
import io
import lines
import mmap
import os
import pathlib
import re
import select
import socket
import sys
import threading
import types
import typing
import uuid

MINOR = sys.version_info[1]
gc.disable()

names, samples, expected = [], [], []


def sample(name, value, expect=None):
    """`expect`: repr() when it is left out."""
    names.append(name)
    samples.append(value)
    expected.append(repr(value) if expect is None else expect)


def items(n, text):
    return "%s item%s%s" % (format(n, ","), "" if n == 1 else "s", ": " + text if n else "")


def sized(name, value, expect=None):
    """A container: its length comes first."""
    sample(name, value, items(len(value), repr(value) if expect is None else expect))


def short(o):
    return "<%s 0x%x>" % (type(o).__qualname__, id(o))


# ---- numbers and texts ----
sample("int", 10 ** 30)
sample("int negative", -(2 ** 100))
sample("int huge", 7 ** 5000, "an int of about %s bits" % format((7 ** 5000).bit_length() // 30 * 30 + 30, ","))
sample("float", 2.5e-300)
sample("complex", complex(1.5, -2))
sample("str", "it's a\ttext\n\\", "'it\\'s a\\ttext\\n\\\\'")
sample("str wide", "\u65e5\u672c \U0001f40d caf\xe9")
sample("str control", "a\x00\x1b[31m\x7f\u202e")
sample("str long", "x" * 1000, "'" + "x" * 200 + "'\u2026 1,000 characters")
sample("bytes", b"\x00a\xff\n", "b'\\x00a\\xff\\n'")
sample("bytes long", b"y" * 1000, "b'" + "y" * 200 + "'\u2026 1,000 bytes")
sample("bytearray", bytearray(b"ab"), "b'ab'")

# ---- sequences ----
sized("list", [1, -2, "a", None, True, 2.5, 1e100, b"x\x00"])
sized("list empty", [])
sized("list long", [1, 2, "a"] + [0] * 97, "[1, 2, 'a', 0, 0, 0, 0, 0, \u2026 92 more]")
sized("list nested", [[1, 2], [3, [4, [5]]], (), {}, set()], "[[1, 2], [3, [...]], (), {}, set()]")
sized("list inner long", [[1, 2, 3, 4, 5]], "[[1, 2, 3, \u2026 2 more]]")
itself = [1]
itself.append(itself)
sized("list of itself", itself)
sized("list of two", [complex(0, 1), -0.0, float("inf"), float("nan")])
sized("list of texts", ["it's", "tab\t", "\u65e5\u672c", "\x01\x02", "b\\s", "x" * 100],
      "['it\\'s', 'tab\\t', '\u65e5\u672c', '\\x01\\x02', 'b\\\\s', '" + "x" * 40 + "\u2026']")
sized("list of escapes", ["\n", "\x1b", "\u202e"])
sized("list of wide texts", ["\U0001f40d" * 60, 1], "['" + "\U0001f40d" * 40 + "\u2026', \u2026 1 more]")
big = 1 << 1000
sized("list of ints", [2 ** 100, -(2 ** 149), big], "[%d, %d, <int of 1020 bits>]" % (2 ** 100, -(2 ** 149)))
sized("tuple", (1, "b"))
sized("tuple of one", tuple([(7,)]))
of_tuple = ([],)
of_tuple[0].append(of_tuple)
sized("tuple in itself", of_tuple)


class FatList(list):
    pass


class FatTuple(tuple):
    pass


class FatDict(dict):
    pass


sized("list subclass", FatList([1, 2]), "FatList([1, 2])")
sized("tuple subclass", FatTuple((1,)), "FatTuple((1,))")
sized("dict subclass", FatDict(a=1), "FatDict({'a': 1})")
sized("deque", collections.deque([1, "b"]))
sized("deque bounded", collections.deque(range(100), maxlen=50),
      "deque([50, 51, 52, 53, 54, 55, 56, 57, \u2026 42 more], maxlen=50)")
turned = collections.deque(range(300))
turned.rotate(70)
sized("deque turned", turned, "deque([230, 231, 232, 233, 234, 235, 236, 237, \u2026 292 more])")
sized("deque empty", collections.deque())
sample("range", range(1, 10))
sample("range with step", range(10, -10, -3))
sample("slice", slice(1, None, "step"))
Point = collections.namedtuple("Point", "x y")
sample("namedtuple", Point(1, "two"))


class Employee(typing.NamedTuple):
    name: str
    salary: float = 1.0


sample("NamedTuple", Employee("Ann", 2.5))
sample("structseq", os.stat("/"), "stat_result(" + ", ".join(
    "%s=%d" % (name, value) for name, value in zip(
        ("st_mode", "st_ino", "st_dev", "st_nlink", "st_uid", "st_gid", "st_size"), os.stat("/"))) + ", ")

# ---- mappings and sets ----
sized("dict", {"a": 1, 2: "b", (3, 4): None, None: [1]})
sized("dict empty", {})
sized("dict long", dict.fromkeys(range(1000)), "{%s, \u2026 992 more}" % ", ".join("%d: None" % i for i in range(8)))
mapped = {}
mapped["me"] = mapped
sized("dict of itself", mapped)
deleted = {i: i for i in range(5)}
for i in range(3):
    del deleted[i]
sized("dict after deletion", deleted)


class Lonely:
    def __init__(self):
        self.one = 1
        self.two = "two"


sized("dict of an instance", vars(Lonely()))
ordered = collections.OrderedDict((c, ord(c)) for c in "abc")
ordered.move_to_end("a")
sized("OrderedDict", ordered, "OrderedDict({'b': 98, 'c': 99, 'a': 97})")
sized("defaultdict", collections.defaultdict(list, a=[1]), "defaultdict(<class list>, {'a': [1]})")
sized("defaultdict without factory", collections.defaultdict(None, a=1))
sized("Counter", collections.Counter("aab"), "Counter({'a': 2, 'b': 1})")
sized("set", {1})
sized("set of some", set(range(100, 105)))
removed = set(range(20))
for i in range(19):
    removed.remove(i)
sized("set after removal", removed)
sized("set empty", set(), "")
sized("frozenset", frozenset(["x"]))
sized("frozenset empty", frozenset(), "")
sample("mappingproxy", types.MappingProxyType({"a": 1}))


# ---- instances ----
@dataclasses.dataclass
class Data:
    x: int
    y: list
    shared: typing.ClassVar[int] = 3


@dataclasses.dataclass(frozen=True, order=True)
class SlottedData:
    __slots__ = ("b", "a")
    a: int
    b: str


class Derived(Data):
    pass


sample("dataclass", Data(1, [2, 3]))
sample("dataclass with slots", SlottedData(1, "b"))
sample("dataclass derived", Derived(1, []))
sample("dataclass in a dataclass", Data(Data(1, 2), Data(Data(3, 4), 5)), "Data(x=Data(x=1, y=2), y=Data(x=Data(...), y=5))")
sample("instance", Lonely(), "Lonely(one=1, two='two')")
shown = Lonely()
vars(shown)
sample("instance with dict", shown, "Lonely(one=1, two='two')")


class Slots:
    __slots__ = ("left", "right", "unset", "__weakref__")

    def __init__(self):
        self.left = [1]
        self.right = self


class MoreSlots(Slots):
    def __init__(self):
        super().__init__()
        self.free = 2.5


sample("instance with slots", Slots(), "Slots(left=[1], right=Slots(...))")
sample("instance with slots and dict", MoreSlots(), "MoreSlots(left=[1], right=MoreSlots(...), free=2.5)")


class Many:
    def __init__(self):
        for i in range(40):
            setattr(self, "a%d" % i, i)


sample("instance with many attributes", Many(), "Many(%s, \u2026 32 more)" % ", ".join("a%d=%d" % (i, i) for i in range(8)))


class Empty:
    pass


sample("instance without attributes", Empty(), "")
sample("object", object(), "")
sample("SimpleNamespace", types.SimpleNamespace(a=1, b="x"), "SimpleNamespace(a=1, b='x')")
empty = Empty()
plain_object = object()
sized("list of objects", [empty, plain_object, Lonely, os.path.join, sys, len],
      "[%s, %s, <class Lonely>, <function join>, <module sys>, %s]" % (short(empty), short(plain_object), short(len)))
sized("list of instances", [Lonely()], "[Lonely(one=1, two='two')]")


# ---- exceptions ----
class Failure(Exception):
    pass


sample("exception", ValueError("no such thing"))
sample("exception of a class", Failure("it's", 2), "Failure('it\\'s', 2)")
sample("exception empty", KeyError())
sample("OSError", FileNotFoundError(2, "No such file"))


# ---- enums ----
class Colour(enum.Enum):
    RED = 1
    GREEN = "g"


class Level(enum.IntEnum):
    LOW = 1


class Perm(enum.Flag):
    R = 4
    W = 2


class Name(str, enum.Enum):
    A = "a"


sample("enum", Colour.RED)
sample("enum of text", Colour.GREEN)
sample("IntEnum", Level.LOW)
sample("Flag", Perm.R)
sample("str enum", Name.A)
sized("list of enums", [Colour.RED, Level.LOW])

# ---- times ----
utc = datetime.timezone.utc
paris = datetime.timezone(datetime.timedelta(hours=2))
odd = datetime.timezone(-datetime.timedelta(hours=3, minutes=30), "odd")
for name, value in {
    "date": datetime.date(2024, 2, 29),
    "datetime": datetime.datetime(1, 1, 1),
    "datetime with microseconds": datetime.datetime(2024, 12, 31, 23, 59, 58, 70),
    "datetime UTC": datetime.datetime(2024, 5, 6, 7, 8, 9, tzinfo=utc),
    "datetime in Paris": datetime.datetime(2024, 5, 6, 7, 8, 9, 10, tzinfo=paris),
    "datetime odd": datetime.datetime(9999, 5, 6, 7, 8, tzinfo=odd),
    "datetime subclass": type("Stamp", (datetime.datetime,), {})(2024, 5, 6),
    "time": datetime.time(1, 2, 3),
    "time with zone": datetime.time(1, 2, 3, 4, tzinfo=paris),
    "timedelta": datetime.timedelta(days=3, seconds=4000, microseconds=5),
    "timedelta negative": datetime.timedelta(microseconds=-1),
    "timedelta short": datetime.timedelta(hours=-47),
    "timezone": paris,
    "timezone UTC": utc,
    "timezone named": odd,
}.items():
    sample(name, value, str(value))
if MINOR >= 9:
    import zoneinfo

    try:
        zone = zoneinfo.ZoneInfo("Europe/Paris")
        sample("datetime in a zone", datetime.datetime(2024, 5, 6, tzinfo=zone), "2024-05-06 00:00:00 Europe/Paris")
    except zoneinfo.ZoneInfoNotFoundError:
        pass

# ---- numbers of the library ----
for text in ("1.50", "0", "-0", "1E+3", "1E-7", "0.000001", "123456789012345678901234567890.5", "-12E-30", "Infinity",
             "-Infinity", "NaN", "sNaN", "10", "1000000000000000000000", "0E-10", "0.00", "10000000000000000000E+5"):
    sample("Decimal " + text, decimal.Decimal(text))
sample("Decimal long", decimal.Decimal("1" * 100), "Decimal('100 digits')")
sample("UUID", uuid.UUID("00010203-0405-0607-0809-0a0b0c0d0eff"))
sample("UUID largest", uuid.UUID(int=2 ** 128 - 1))
sample("UUID zero", uuid.UUID(int=0))

# ---- others of the library ----
sample("Path", pathlib.Path("/usr/lib/x.py"))
sample("Path shown", shown_path := pathlib.Path("/usr") / "lib" / "it's", "PosixPath('/usr/lib/it\\'s')")
str(shown_path)
sample("Path joined", pathlib.Path("a", "b") / "c")
sample("Path absolute in the middle", pathlib.PurePosixPath("a", "/b", "c"))
sample("Path untidy", pathlib.PurePosixPath("/a//b/./c/"))
sample("Path root", pathlib.PurePosixPath("/"))
sample("Path empty", pathlib.PurePosixPath())
sample("pattern", re.compile(r"a\d+", re.I | re.M), "re.compile('a\\\\d+', re.IGNORECASE|re.MULTILINE)")
sample("pattern plain", re.compile("it"))
sample("pattern of bytes", re.compile(b"x", re.S))
for code, values in {"b": [-1, 2], "B": [255], "h": [-300], "H": [65535], "i": [-5], "I": [2 ** 32 - 1], "l": [-7],
                     "q": [-2 ** 63], "Q": [2 ** 64 - 1], "d": [1.5, 0.1], "f": [0.5, 0.1]}.items():
    sized("array " + code, array.array(code, values))
sized("array long", array.array("i", range(100)), "array('i', [0, 1, 2, 3, 4, 5, 6, 7, \u2026 92 more])")
sized("array empty", array.array("d"))
sample("memoryview", memoryview(b"viewed\x00"), "memoryview(b'viewed\\x00')")
sample("memoryview part", memoryview(bytearray(b"0123456789"))[2:5], "memoryview(b'234')")
sample("memoryview reversed", memoryview(b"0123456789")[::-1], "memoryview(format='B', shape=(10,))")
sample("memoryview of doubles", memoryview(array.array("d", range(6))).cast("B").cast("d", (2, 3)),
       "memoryview(format='d', shape=(2, 3))")
released = memoryview(b"x")
released.release()
sample("memoryview released", released, "released memoryview")
sample("mmap", mmap.mmap(-1, 8192), "mmap(8192 bytes)")
closed = mmap.mmap(-1, 10)
closed.close()
sample("mmap closed", closed, "mmap(closed)")

# ---- what the operating system gives ----
opened = io.FileIO(os.open("/dev/null", os.O_RDONLY))
sample("FileIO", opened, "FileIO(fd=%d)" % opened.fileno())
shut = io.FileIO("/dev/null")
shut.close()
sample("FileIO closed", shut, "FileIO(closed)")
sock = socket.socket()
sample("socket", sock, "socket(fd=%d)" % sock.fileno())
poll = select.epoll()
sample("epoll", poll, "epoll(fd=%d)" % poll.fileno())
lock, free_lock, rlock = threading.Lock(), threading.Lock(), threading.RLock()
lock.acquire()
rlock.acquire()
rlock.acquire()
sample("lock", lock, "lock(locked)")
sample("lock free", free_lock, "lock(unlocked)")
sample("RLock", rlock, "RLock(locked 2 times by thread %d)" % threading.get_ident())
sample("RLock free", threading.RLock(), "RLock(unlocked)")

# ---- what would run code if it were asked ----
ran = []


class Trap:
    """Everything that a careless look would call."""

    def __init__(self):
        self.inside = 1

    def __repr__(self):
        ran.append("repr")
        return "no"

    def __getattribute__(self, name):
        ran.append(name)
        return object.__getattribute__(self, name)

    def __len__(self):
        ran.append("len")
        return 3

    def __hash__(self):
        ran.append("hash")
        return 1

    def __eq__(self, other):
        ran.append("eq")
        return True

    @property
    def computed(self):
        ran.append("property")


trap = Trap()
trapped = {trap: 1}
sample("trap", trap, "Trap(inside=1)")
sized("dict with trap", trapped, "{Trap(inside=1): 1}")
sized("OrderedDict with trap", collections.OrderedDict([(trap, 1)]), "OrderedDict({Trap(inside=1): 1})")

# ---- broken memory ----
# The pointer of an array to its items leads nowhere until the end.
broken = array.array("d", [1.0, 2.0])
items_at = ctypes.c_void_p.from_address(id(broken) + 24)
there = items_at.value
sample("broken array", broken, "")
sample("after the broken array", ["still", "here"], "2 items: ['still', 'here']")
items_at.value = 8


ran.clear()


class Queried(list):
    pass


queried = [Queried(range(n)) for n in (0, 5, 1500, 2000)]
queried_too = Queried(range(1600))
gc.collect()
young = Queried(range(3000))


def where():
    """Queries, and the addresses of the objects that pass."""
    old = queried + [queried_too]
    return [
        ["type==__main__.Queried and len>1000", [id(o) for o in old + [young] if len(o) > 1000]],
        ["type~Queried and gen==2 and len>1000 and referrer.type==builtins.dict", [id(queried_too)]],
        ["module==__main__ and type~Queried and not (len>=5 and len<=2000)", [id(queried[0]), id(young)]],
        ["type~.Queried and shallow>=%d" % sys.getsizeof(queried[3]), [id(o) for o in old + [young]
         if sys.getsizeof(o) >= sys.getsizeof(queried[3])]],
        ["(len==5 or len==0) and type=='__main__.Queried'", [id(queried[0]), id(queried[1])]],
        ["type~Queried and len>5000", []],
    ]


lines.say([[name, id(o), text] for name, o, text in zip(names, samples, expected)])
lines.serve(ran=lambda: ran, where=where)
items_at.value = there
