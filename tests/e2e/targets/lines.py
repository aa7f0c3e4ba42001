"""Talking to the test: commands come in as lines, answers go out as lines of JSON.

Raw reads and writes: no buffer object changes between an answer and the next command, so what a target
reports about its own heap is still true while it waits here.
"""

import json
import os

_rest = b""


def say(answer):
    data = json.dumps(answer).encode() + b"\n"
    while data:
        data = data[os.write(1, data):]


def hear():
    """The next command; None at the end."""
    global _rest
    while b"\n" not in _rest:
        more = os.read(0, 65536)
        if not more:
            return None
        _rest += more
    line, _, _rest = _rest.partition(b"\n")
    return line.decode()


def serve(**commands):
    """Answers commands until there are no more: each is a function that takes the words after its name."""
    while True:
        line = hear()
        if line is None:
            return
        name, *words = line.split(" ")
        say(commands[name](*words))
