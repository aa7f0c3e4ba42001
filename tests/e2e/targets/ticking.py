"""A program that comes back to Python code fifty times a second, or with `blocked` only when there is a line to answer."""

import json
import os
import select
import sys

limit = None if "blocked" in sys.argv else 0.02


class Node:
    pass


nodes = [Node() for number in range(17)]
modules = sorted(sys.modules)


def unchanged():
    return sorted(sys.modules) == modules and not [name for name in os.listdir("/tmp") if name.startswith(".ouro-")]


def agents():
    """How many are mapped."""
    return sum("ouro-agent" in line and " 00000000 " in line for line in open("/proc/self/maps"))


print(json.dumps("ready"), flush=True)
while True:
    if select.select([sys.stdin], [], [], limit)[0]:
        line = sys.stdin.readline()
        if not line:
            break
        print(json.dumps(eval(line)), flush=True)
