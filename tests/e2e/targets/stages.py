"""A program at an unusual point of its life. `stages.py STAGE …` says where it is, waits for a line, and says how it went."""

import lines
import os
import sys
import threading

kept = []


def at(stage, say=lines.say, read=os.read, **facts):
    """Bound by default: at the end of an interpreter, modules are empty."""
    say(dict(facts, at=stage))
    read(0, 100)


def gil_held():
    """A C function that keeps the interpreter lock for as long as it takes."""
    import ctypes
    line = ctypes.create_string_buffer(100)
    lines.say({"at": "gil_held"})
    got = ctypes.PyDLL(None).read(0, line, 100)
    at("gil_free", fine=got == 2)


def threads(n):
    go = threading.Event()
    results = []

    def work(i):
        go.wait()
        results.append(i)

    workers = [threading.Thread(target=work, args=(i,)) for i in range(int(n))]
    for worker in workers:
        worker.start()
    at("threads")
    go.set()
    for worker in workers:
        worker.join()
    lines.say({"fine": sorted(results) == list(range(int(n)))})


def importing():
    """In the middle of an import, which holds the import lock of a module."""
    import types

    class Finder:
        @staticmethod
        def find_spec(name, path=None, target=None):
            if name == "slow_module":
                from importlib.machinery import ModuleSpec
                return ModuleSpec(name, Finder)

        @staticmethod
        def create_module(spec):
            return types.ModuleType(spec.name)

        @staticmethod
        def exec_module(module):
            at("importing")
            module.value = 7

    sys.meta_path.insert(0, Finder)
    import slow_module
    lines.say({"fine": slow_module.value == 7})


def atexit():
    import atexit as module
    module.register(at, "atexit")


def late_thread():
    """Not a daemon: the interpreter waits for it when the main thread is done."""
    def work():
        threading.main_thread().join()
        at("late_thread")

    threading.Thread(target=work).start()


def late_del():
    class Late:
        def __del__(self, at=at):
            at("late_del")

    kept.append(Late())
    sys.modules["late"] = kept  # not freed before the modules are


def attached_late_del():
    """The same, with a stop before."""
    late_del()
    at("running")


def becomes():
    at("first", pid=os.getpid())
    os.execv(sys.executable, [sys.executable, __file__, "second"])


def second():
    at("second")
    lines.say({"fine": True})


def interpreters(n):
    try:
        import _interpreters as module
    except ImportError:
        import _xxsubinterpreters as module
    ids = [module.create() for _ in range(int(n))]
    for i in ids:
        module.run_string(i, "class Inner: pass\nkept = [Inner() for i in range(321)]")
    kept.extend(Here() for _ in range(123))
    at("interpreters")
    for i in ids:
        module.run_string(i, "assert len(kept) == 321")
        module.destroy(i)
    lines.say({"fine": len(kept) == 123})


class Here:
    pass


def greenlets():
    """Another stack is under the main thread while it waits."""
    try:
        import greenlet
    except ImportError:
        lines.say({"missing": "greenlet"})
        return

    def inner(value):
        at("greenlets")
        return value + main.switch(value)

    main = greenlet.getcurrent()
    child = greenlet.greenlet(inner)
    first = child.switch(20)
    lines.say({"fine": child.switch(first + 2) == 42})


globals()[sys.argv[1]](*sys.argv[2:])
