#!/usr/bin/env python3
"""Checks that the checks can fail: each violation is planted in a small tree of its own and must be found."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent


def run(script, files):
    """Runs a check on a tree of {path: text}; returns its status and output."""
    with tempfile.TemporaryDirectory() as root:
        for name, text in files.items():
            path = pathlib.Path(root, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        done = subprocess.run([sys.executable, HERE / script, root], capture_output=True, text=True,
                              check=False)
        return done.returncode, done.stdout + done.stderr


def header(*names):
    return "#pragma once\n" + "".join(f'#include "{name}"\n' for name in names)


class IncludeLayers(unittest.TestCase):
    def finds(self, files, what):
        status, output = run("include_layers.py", files)
        self.assertEqual(status, 1, output)
        self.assertIn(what, output)

    def passes(self, files):
        status, output = run("include_layers.py", files)
        self.assertEqual(status, 0, output)

    def test_a_good_tree_passes(self):
        self.passes({
            "inspector/base/err.h": header(),
            "inspector/base/err.c": '#include "inspector/base/err.h"\n#include <stdio.h>\n',
            "inspector/analysis/job.h": header("inspector/base/err.h"),
            "inspector/rows/rows.h": header("inspector/base/err.h"),
            "inspector/ui/term.c": "#include <ncurses.h>\n",
            "inspector/ui/view.h": header("inspector/rows/rows.h", "inspector/analysis/job.h"),
            "inspector/ui/views/types.c": '#include "inspector/ui/view.h"\n',
            "inspector/main.c": '#include "inspector/ui/view.h"\n',
            "agent/walk.c": "#include <Python.h>\n",
        })

    def test_upward(self):
        self.finds({"inspector/base/a.h": header("inspector/rows/rows.h"),
                    "inspector/rows/rows.h": header()}, "'inspector/base/*' may not include")

    def test_ui_and_out(self):
        self.finds({"inspector/ui/a.h": header("inspector/out/out.h"),
                    "inspector/out/out.h": header()}, "may not include 'inspector/out/out.h'")
        self.finds({"inspector/out/a.h": header("inspector/ui/view.h"),
                    "inspector/ui/view.h": header()}, "may not include 'inspector/ui/view.h'")

    def test_engine_and_views(self):
        self.finds({"inspector/ui/a.h": header("inspector/ui/views/types.h"),
                    "inspector/ui/views/types.h": header()}, "may not include")
        self.finds({"inspector/ui/a.h": header("inspector/model/graph.h"),
                    "inspector/model/graph.h": header()}, "may not include")
        self.finds({"inspector/ui/a.h": header("inspector/analysis/paths.h"),
                    "inspector/analysis/paths.h": header()}, "may not include")

    def test_a_job_knows_nothing_of_graphs(self):
        self.finds({"inspector/analysis/job.h": header("inspector/model/graph.h"),
                    "inspector/model/graph.h": header()}, "'inspector/analysis/job.*' may not")

    def test_proto_stands_alone(self):
        self.finds({"proto/ring.h": header("inspector/base/err.h"),
                    "inspector/base/err.h": header()}, "'proto/*' may not include")

    def test_agent_and_inspector(self):
        self.finds({"agent/a.h": header("inspector/base/err.h"),
                    "inspector/base/err.h": header()}, "'agent/*' may not include")
        self.finds({"inspector/session/a.h": header("agent/a.h"), "agent/a.h": header()},
                   "may not include 'agent/a.h'")

    def test_curses_and_python(self):
        self.finds({"inspector/rows/a.c": "#include <curses.h>\n"}, "only inspector/ui/")
        self.finds({"inspector/model/a.c": '#include "Python.h"\n'}, "only agent/")

    def test_cycle(self):
        self.finds({"proto/a.h": header("proto/b.h"), "proto/b.h": header("proto/c.h"),
                    "proto/c.h": header("proto/a.h")}, "include cycle")

    def test_own_header_first(self):
        self.finds({"proto/a.h": header(), "proto/a.c": '#include <stdio.h>\n#include "proto/a.h"\n'},
                   "must be the first include")

    def test_missing_guard(self):
        self.finds({"proto/a.h": "int x;\n"}, "no #pragma once")


class LineBudgets(unittest.TestCase):
    def test_a_short_file_passes(self):
        body = "    work();\n" * 90
        status, output = run("line_budgets.py", {"proto/a.c": f"int f(void)\n{{\n{body}}}\n" * 5})
        self.assertEqual(status, 0, output)

    def test_a_long_file(self):
        status, output = run("line_budgets.py", {"proto/a.c": "int x;\n" * 801})
        self.assertEqual(status, 1)
        self.assertIn("801 lines", output)

    def test_a_long_function(self):
        body = "    if (x) {\n        work();\n    }\n" * 33
        text = f"/* what */\nstatic int g(int a,\n             int b)\n{{\n{body}}}\n"
        status, output = run("line_budgets.py", {"inspector/base/a.c": text})
        self.assertEqual(status, 1)
        self.assertIn("a.c:2: g() has 103 lines", output)


if __name__ == "__main__":
    unittest.main()
