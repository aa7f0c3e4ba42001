"""A program at rest that tells what an inspector could have left behind in it.

`tell`: everything about the interpreter that must be the same after an inspector was there. `address NAME`: that of
one of the sample objects.
"""

import gc
import lines
import signal
import sys
import threading

gc.disable()
signal.signal(signal.SIGUSR1, lambda number, frame: None)
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2])


class Node:
    def __init__(self, held):
        self.held = held
        self.me = self


class Slotted:
    __slots__ = ("held", "__weakref__")


def keep(held):
    return lambda: held


samples = {
    "node": Node([1, 2]), "list": [[]], "dict": {"key": []}, "tuple": ([], []), "set": {"a", "b"}, "slotted": Slotted(),
    "text": "a text that nobody else has", "bytes": b"some bytes", "number": 12345678901234567890, "float": 1.25e77,
    "closure": keep([]), "class": Node, "module": sys, "builtin": len, "method": Node([]).__init__,
    "generator": (x for x in [[]]), "none": None, "true": True, "zero": 0, "empty": (), "int": int, "type": type,
}
idle = threading.Event()
thread = threading.Thread(target=idle.wait, name="idle")
thread.start()


def tell():
    gc.collect()
    return {
        "tracked": len(gc.get_objects()),
        "refcounts": {name: sys.getrefcount(sample) for name, sample in samples.items()},
        "callbacks": len(gc.callbacks),
        "garbage": len(gc.garbage),
        "gc": [gc.isenabled(), gc.get_debug(), gc.get_threshold(), gc.get_freeze_count()],
        "modules": sorted(sys.modules),
        "threads": [thread.name for thread in threading.enumerate()],
        "interval": sys.getswitchinterval(),
        "hooks": [sys.gettrace() is None, sys.getprofile() is None, sys.excepthook is sys.__excepthook__],
        "handlers": [repr(signal.getsignal(number)).split(" at ")[0] for number in range(1, signal.NSIG)],
    }


def address(name):
    return id(samples[name])


lines.say("ready")
lines.serve(tell=tell, address=address)
idle.set()
thread.join()
