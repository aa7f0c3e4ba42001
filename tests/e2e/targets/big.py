"""A large program made of the standard library: most kinds of object that there are, in numbers.

Imports much, and leaves behind what real programs leave: syntax trees, parsed documents, loggers, an event loop
with tasks that wait, threads, databases, caches.
"""

import argparse
import ast
import asyncio
import collections
import concurrent.futures
import configparser
import contextvars
import copy
import csv
import ctypes
import datetime
import decimal
import difflib
import email
import email.message
import enum
import fractions
import functools
import gc
import heapq
import html.parser
import http.client
import http.server
import importlib
import inspect
import io
import itertools
import json
import lines
import logging
import logging.config
import multiprocessing
import os
import pickle
import pydoc
import queue
import random
import re
import shelve
import socket
import string
import subprocess
import sys
import tempfile
import threading
import tokenize
import types
import typing
import unittest
import unittest.mock
import uuid
import weakref
import xml.dom.minidom
import xml.etree.ElementTree
import zipfile

try:
    import sqlite3
except ImportError:  # an interpreter built without it
    sqlite3 = None

gc.disable()
keep = []


# ---- classes of every layout ----
class Plain:
    def __init__(self, n):
        self.n = n
        self.text = "number %d" % n
        self.more = [n, self]


class Slotted:
    __slots__ = ("n", "next", "__weakref__")

    def __init__(self, n, following):
        self.n = n
        self.next = following


class Both(Slotted):
    def __init__(self, n, following):
        super().__init__(n, following)
        self.extra = {"n": n}


class FatTuple(tuple):
    pass


class FatInt(int):
    pass


class FatDict(collections.OrderedDict):
    pass


def instances():
    chain = None
    for n in range(500):
        chain = (Slotted if n % 2 else Both)(n * 1000003, chain)
        plain = Plain(n)
        if n % 3 == 0:
            plain.__dict__  # now it exists
        if n % 5 == 0:
            for i in range(n % 50):
                setattr(plain, "attribute_%d" % i, chain)
        if n % 7 == 0:
            del plain.text
        if n % 11 == 0:
            plain.__dict__ = {"replaced": n}
        if n % 13 == 0:
            keep.append(plain.__dict__)
            plain = None
        fat = FatTuple((n, plain))
        fat.note = plain
        number = FatInt(n + 10 ** 20)
        number.note = fat
        ordered = FatDict(a=number)
        ordered.note = chain
        ordered["b"] = fat
        keep.append((plain, fat, number, ordered, weakref.ref(chain), weakref.proxy(chain)))


# ---- functions, generators, coroutines ----
def make_closure(n):
    total = [n]

    def inner(x=n, *, y=total):
        nonlocal total
        total = total + [x]
        return total

    return inner


def numbers(n):
    local = [n]
    for i in range(n):
        yield i, local


async def agen(n):
    held = [n]
    yield held


def callables():
    for n in range(100):
        function = make_closure(n)
        function.note = n
        generator = numbers(n)
        next(generator, None)
        other = (x for x in [function])
        keep.append([function, generator, other, functools.partial(function, n, y=[n]), agen(n), function.__get__(n),
                     [].append, "text".join, property(function), classmethod(function), staticmethod(function),
                     itertools.chain([n], [function]), map(function, [n]), zip([n], [function]), enumerate([function]),
                     iter({n: function}.items()), reversed([function]), itertools.tee([function]),
                     itertools.groupby([n]), super(Both, Both(n, None))])


def errors():
    for n in range(100):
        try:
            try:
                numbers("wrong").__next__()
            except TypeError as inner:
                raise ValueError(n) from inner
        except ValueError as error:
            keep.append(error)
            keep.append(error.__traceback__.tb_frame.f_locals)


# ---- the library at work ----
def documents():
    loose = Plain(0)
    root = xml.etree.ElementTree.Element("root")
    for n in range(200):
        child = xml.etree.ElementTree.SubElement(root, "child", number=str(n))
        child.text = "text %d" % n
    keep.append(root)
    keep.append(xml.dom.minidom.parseString(xml.etree.ElementTree.tostring(root)))
    keep.append(json.loads(json.dumps({"a": [{"n": n} for n in range(100)]})))
    for module in (ast, argparse, inspect):
        keep.append(ast.parse(inspect.getsource(module)))
        keep.append(list(tokenize.generate_tokens(io.StringIO(inspect.getsource(module)).readline)))
    keep.append(compile(inspect.getsource(string), "string", "exec"))
    keep.append(email.message_from_string("From: a\nTo: b\nSubject: c\n\ntext"))
    parser = argparse.ArgumentParser()
    for n in range(20):
        parser.add_argument("--option-%d" % n, type=int, default=n)
    keep.append((parser, parser.parse_args([])))
    keep.append([re.compile(p) for p in (r"(\w+)@(\w+)", r"^\s*#", r"(?P<name>a+)(b|c)*")])
    keep.append([re.match(r"(\w+) (\w+)", "two words") for _ in range(10)])
    if sqlite3:
        database = sqlite3.connect(":memory:")
        database.execute("create table t (a, b)")
        database.executemany("insert into t values (?, ?)", [(n, str(n)) for n in range(50)])
        database.row_factory = sqlite3.Row
        keep.append((database, database.execute("select * from t").fetchall(), database.execute("select 1")))
    keep.append(unittest.mock.MagicMock(spec=Plain(1)))
    keep.append(unittest.defaultTestLoader.loadTestsFromModule(unittest))
    keep.append([typing.Dict[str, typing.List[int]], typing.Optional[Plain], typing.Callable[[int], str]])
    keep.append(collections.namedtuple("Point", "x y")(1, 2))
    keep.append(enum.Enum("Animal", "ANT BEE CAT"))
    keep.append([decimal.Decimal(n) / 7 for n in range(50)])
    keep.append([fractions.Fraction(n, 7) for n in range(50)])
    keep.append([datetime.datetime(2024, 1, 1, n, tzinfo=datetime.timezone(datetime.timedelta(hours=n)))
                 for n in range(20)])
    keep.append([uuid.UUID(int=n) for n in range(20)])
    keep.append(collections.deque(([n] for n in range(300)), maxlen=200))
    keep.append([collections.Counter("mississippi"), collections.defaultdict(list, a=[1]), collections.ChainMap({})])
    keep.append([weakref.WeakValueDictionary(a=loose), weakref.WeakKeyDictionary({loose: [1]}), loose])
    keep.append([memoryview(bytearray(100)), slice([1], [2]), range(10 ** 6, 10 ** 7), frozenset([("a",)])])
    keep.append([ctypes.c_int(5), (ctypes.c_int * 3)(1, 2, 3), ctypes.py_object([1]), ctypes.pointer(ctypes.c_int(7)),
                 ctypes.CFUNCTYPE(ctypes.c_int)(lambda: 1)])
    keep.append([contextvars.ContextVar("v%d" % n, default=[n]) for n in range(10)])
    keep.append(contextvars.copy_context())
    keep.append(copy.deepcopy(keep[-10:-2:2][:1]))
    keep.append([io.BytesIO(b"x"), io.StringIO("x"), open(__file__), open(__file__, "rb"), socket.socketpair()])
    keep.append(types.SimpleNamespace(a=[1]))
    keep.append(types.MappingProxyType({"a": [1]}))
    logging.getLogger("a.b.c").addHandler(logging.NullHandler())


@functools.lru_cache(maxsize=None)
def cached(n):
    return [n]


@functools.lru_cache(maxsize=10)
def bounded(n):
    return [n]


# ---- waiting ----
async def waits(n, event):
    held = [n]
    await event.wait()
    return held


async def start(tasks):
    event = asyncio.Event()
    for n in range(50):
        tasks.append(asyncio.ensure_future(waits(n, event)))
    tasks.append(asyncio.gather(*tasks[:10], return_exceptions=True))
    await asyncio.sleep(0)
    return event


def blocked(ready, stop, n):
    local = {"n": n}
    ready.release()
    stop.wait()
    return local


def main():
    instances()
    callables()
    errors()
    documents()
    for n in range(40):
        cached(n)
        bounded(n)
    loop = asyncio.new_event_loop()
    tasks = []
    keep.append((loop, tasks, loop.run_until_complete(start(tasks))))
    ready, stop = threading.Semaphore(0), threading.Event()
    for n in range(5):
        threading.Thread(target=blocked, args=(ready, stop, n), daemon=True).start()
        ready.acquire()
    pool = concurrent.futures.ThreadPoolExecutor(2)
    keep.append([pool.submit(cached, n) for n in range(10)])
    concurrent.futures.wait(keep[-1])
    garbage = Plain(1)
    garbage.me = garbage
    del garbage
    lines.say("ready")
    while lines.hear() is not None:
        gc.collect()
        lines.say("collected")
    os._exit(0)  # tasks and threads never end


main()
