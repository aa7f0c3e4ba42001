"""A program whose heap changes by command, by known numbers, in known places."""

import gc
import lines

gc.disable()


class Row:
    __slots__ = ("parent",)


class Brief:
    __slots__ = ("x",)


class App:
    def __init__(self):
        self.rows = []
        self.cache = {}


app = App()
app.rows.extend(Row() for _ in range(10))
brief = [Brief() for _ in range(500)]


def grow():
    app.rows.extend(Row() for _ in range(300))
    for i in range(200):
        app.cache["key %d" % (len(app.cache) + 1000)] = [i]
    return "grown"


def shrink():
    brief.clear()
    return "shrunk"


lines.say("ready")
lines.serve(grow=grow, shrink=shrink)
