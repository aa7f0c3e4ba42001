#!/usr/bin/env python3
"""Checks who includes whom.

    include_layers.py [ROOT]

The layers of docs/architecture: each may include itself and what is listed for it, nothing else of ours.
Headers form no cycle. Only inspector/ui may include curses, only agent/ may include Python's headers. A
foo.c that has a foo.h beside it includes that first. Prints one line for each violation; exit status 1 if
there is one.
"""

import pathlib
import re
import sys

# A file belongs to the longest prefix that fits. Each layer may include itself and the layers listed.
BASE, PROTO, SESSION, MODEL = "inspector/base/", "proto/", "inspector/session/", "inspector/model/"
CAPTURE = "inspector/capture/"
ANALYSIS, ROWS, OUT = "inspector/analysis/", "inspector/rows/", "inspector/out/"
UI, VIEWS = "inspector/ui/", "inspector/ui/views/"
JOB = "inspector/analysis/job."  # a job runner for everybody, which does not know what it runs
AGENT, BLOB = "agent/", "agent/agent_blob."  # the agent's file as bytes, for whoever sends it
LAYERS = {
    BASE: [],
    PROTO: [],
    AGENT: [PROTO],
    BLOB: [],
    CAPTURE: [BASE, PROTO],
    SESSION: [BASE, PROTO, CAPTURE, BLOB],
    MODEL: [BASE, PROTO, CAPTURE, SESSION],
    JOB: [BASE],
    ANALYSIS: [BASE, PROTO, SESSION, MODEL, JOB],
    ROWS: [BASE, PROTO, SESSION, MODEL, JOB, ANALYSIS],
    OUT: [BASE, PROTO, SESSION, MODEL, JOB, ANALYSIS, ROWS],
    UI: [BASE, JOB, ROWS],  # the engine knows tables and jobs, nothing of heaps
    VIEWS: [BASE, PROTO, SESSION, MODEL, JOB, ANALYSIS, ROWS, UI],
}

# Includes of others that belong to one place: pattern, where, what it is.
FOREIGN = [
    (re.compile(r"^(ncursesw?/.*|n?curses\.h|term\.h|panel\.h|menu\.h)$"), "inspector/ui/", "curses"),
    (re.compile(r"^(Python\.h|internal/pycore_.*|cpython/.*)$"), "agent/", "Python's headers"),
]

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]')


def sources(root):
    for top in ("proto", "agent", "inspector"):
        yield from sorted(p for p in (root / top).rglob("*.[ch]"))


def includes(path):
    """The (name, line number) of every include."""
    text = path.read_text(encoding="utf-8", errors="replace")
    for number, line in enumerate(text.splitlines(), 1):
        match = INCLUDE.match(line)
        if match:
            yield match.group(1), number


def layer_of(name):
    prefixes = [prefix for prefix in LAYERS if name.startswith(prefix)]
    return max(prefixes, key=len) if prefixes else None


def resolve(root, path, name):
    """The included file of ours as a path relative to the root, or None."""
    if (root / name).is_file():
        return name
    beside = path.parent / name
    return str(beside.relative_to(root)) if beside.is_file() else None


def check_layer(here, name):
    """Why `here` may not include `name`, or None."""
    layer, target = layer_of(here), layer_of(name)
    if layer is None or target == layer or target in LAYERS[layer]:
        return None  # main.c and such have no layer: they wire everything
    return f"'{layer}*' may not include '{name}'"


def check_foreign(here, name):
    for pattern, where, what in FOREIGN:
        if pattern.match(name) and not here.startswith(where):
            return f"only {where} may include {what} ('{name}')"
    return None


def check_own_header_first(here, path, found):
    own = path.with_suffix(".h")
    if path.suffix != ".c" or not own.is_file():
        return None
    first = found[0][0] if found else ""
    if first in (own.name, here[:-2] + ".h"):
        return None
    return f"'{own.name}' must be the first include, '{first}' is"


def find_cycle(graph):
    """One cycle of the include graph as a list of names, or None."""
    done, stack = set(), []

    def visit(name):
        if name in stack:
            return stack[stack.index(name):] + [name]
        if name in done:
            return None
        stack.append(name)
        for other in graph.get(name, ()):
            cycle = visit(other)
            if cycle:
                return cycle
        stack.pop()
        done.add(name)
        return None

    for name in sorted(graph):
        cycle = visit(name)
        if cycle:
            return cycle
    return None


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    problems, graph = [], {}

    for path in sources(root):
        here = str(path.relative_to(root))
        found = list(includes(path))
        why = check_own_header_first(here, path, found)
        if why:
            problems.append(f"{here}:{found[0][1] if found else 1}: {why}")
        if path.suffix == ".h" and "#pragma once" not in path.read_text(encoding="utf-8"):
            problems.append(f"{here}:1: no #pragma once")
        for name, number in found:
            ours = resolve(root, path, name)
            why = check_layer(here, ours) if ours else check_foreign(here, name)
            if why:
                problems.append(f"{here}:{number}: {why}")
            if ours:
                graph.setdefault(here, set()).add(ours)
    cycle = find_cycle(graph)
    if cycle:
        problems.append(f"{cycle[0]}:1: include cycle: " + " -> ".join(cycle))
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
