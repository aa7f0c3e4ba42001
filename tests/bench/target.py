"""What tests/bench/run measures: `target.py OBJECTS idle|busy`.

OBJECTS instances with attributes; a thread that ticks every 0.5 ms and notes the longest time between two ticks; if busy
a second one that allocates all the time. `gc`: what a collection takes. `reset`, `stall`: the longest gap since.
Milliseconds.
"""

import gc
import json
import sys
import threading
import time

TICK_S = 0.0005


class Node:
    def __init__(self, parent, n):
        self.parent = parent
        self.name = "node number %d" % n
        self.number = n + 10 ** 6
        self.weight = n * 0.5
        self.children = []
        self.place = (n % 7, self)


class Ticker(threading.Thread):
    def __init__(self):
        super().__init__(daemon=True)
        self.longest = 0.0

    def run(self):
        before = time.perf_counter()
        while True:
            time.sleep(TICK_S)
            now = time.perf_counter()
            if now - before > self.longest:
                self.longest = now - before
            before = now


def allocate():
    while True:
        nodes = [Node(None, n) for n in range(100)]
        for node in nodes:
            node.place = None  # no cycle: it goes away without the collector


def make(n):
    """A tree."""
    nodes = []
    for i in range(n):
        parent = nodes[(i - 1) // 8] if i else None
        nodes.append(Node(parent, i))
        if parent:
            parent.children.append(nodes[i])
    return nodes


gc.disable()  # collections of its own are not what is measured
nodes = make(int(sys.argv[1]))
gc.collect()
ticker = Ticker()
ticker.start()
if sys.argv[2] == "busy":
    threading.Thread(target=allocate, daemon=True).start()
print(json.dumps(len(nodes)), flush=True)
for line in iter(sys.stdin.readline, ""):
    answer = None
    if line == "gc\n":
        start = time.perf_counter()
        gc.collect()
        answer = (time.perf_counter() - start) * 1000
    elif line == "reset\n":
        ticker.longest = 0.0
    elif line == "stall\n":
        answer = ticker.longest * 1000
    print(json.dumps(answer), flush=True)
