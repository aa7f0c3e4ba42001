"""A program that may have no more processes than it has, and one more: the agent's thread, but no frozen copy.

`limited.py UID OBJECTS`: it becomes user UID, which has no other process, unless that is 0. `stall()` is the longest that its
ticking thread stood still, in milliseconds.
"""

import gc
import json
import os
import resource
import sys
import threading
import time

uid, objects = int(sys.argv[1]), int(sys.argv[2])


class Node:
    def __init__(self, number):
        self.number = number
        self.held = [number]


gc.disable()
nodes = [Node(number) for number in range(objects)]
block = bytearray(48 << 20) if not uid else b""
longest = 0.0


def tick():
    global longest
    last = time.monotonic()
    while True:
        time.sleep(0.001)
        now = time.monotonic()
        longest, last = max(longest, now - last), now


def stall():
    global longest
    was, longest = longest, 0.0
    return int(was * 1000)


def touch():
    """Writes into every page."""
    for at in range(0, len(block), 4096):
        block[at] = (block[at] + 1) % 256
    return len(block)


def state():
    """What a walk could have changed."""
    return [sys.getrefcount(Node), sys.getrefcount(nodes[0]), sys.getrefcount(nodes[0].held), len(gc.get_objects()), gc.get_count()[1:],
            len(sys.modules), gc.callbacks, threading.active_count()]


thread = threading.Thread(target=tick, daemon=True)
thread.start()
if uid:
    os.setgid(uid)
    os.setuid(uid)
    resource.setrlimit(resource.RLIMIT_NPROC, (3, 3))
print(json.dumps("ready"), flush=True)
for line in sys.stdin:
    print(json.dumps(eval(line)), flush=True)
