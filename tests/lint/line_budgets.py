#!/usr/bin/env python3
"""Checks that files and functions stay readable.

    line_budgets.py [ROOT]

A C file has at most 800 lines, a function at most 100, from the line with its name to its closing brace. (The
wish is 500 and 60; see the style guide.) Functions are recognised by the formatting that clang-format
gives them: an opening brace alone in the first column, a closing one in the first column. Prints one line for
each violation; exit status 1 if there is one. With -v also what is above the wish.
"""

import pathlib
import re
import sys

FILE_LINES, FILE_WISH = 800, 500
FUNCTION_LINES, FUNCTION_WISH = 100, 60
TOPS = ("proto", "agent", "inspector", "tests")
SKIPPED = ("tests/toolchain/",)

NAME = re.compile(r"(\w+)\(")


def sources(root):
    for top in TOPS:
        for path in sorted((root / top).rglob("*.[ch]")):
            if not str(path.relative_to(root)).startswith(SKIPPED):
                yield path


def functions(lines):
    """The (name, first line number, number of lines) of every function."""
    start = None
    for number, line in enumerate(lines, 1):
        if line == "{":
            # The head may be wrapped: back to the line after the last blank, comment or end.
            first = number - 1
            while first > 1 and lines[first - 2] and not lines[first - 2].endswith((";", "}", "*/")):
                first -= 1
            start = first
        elif line == "}" and start is not None:
            match = NAME.search(lines[start - 1])
            yield match.group(1) if match else "?", start, number - start + 1
            start = None


def main():
    arguments = [a for a in sys.argv[1:] if a != "-v"]
    is_verbose = "-v" in sys.argv[1:]
    root = pathlib.Path(arguments[0] if arguments else ".").resolve()
    too_long, above_wish = [], []

    for path in sources(root):
        here = path.relative_to(root)
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        if len(lines) > FILE_WISH:
            text = f"{here}:1: {len(lines)} lines; at most {FILE_LINES}, better {FILE_WISH}"
            (too_long if len(lines) > FILE_LINES else above_wish).append(text)
        for name, start, count in functions(lines):
            if count > FUNCTION_WISH:
                text = (f"{here}:{start}: {name}() has {count} lines; at most {FUNCTION_LINES}, "
                        f"better {FUNCTION_WISH}")
                (too_long if count > FUNCTION_LINES else above_wish).append(text)
    for problem in too_long + (above_wish if is_verbose else []):
        print(problem)
    return 1 if too_long else 0


if __name__ == "__main__":
    sys.exit(main())
