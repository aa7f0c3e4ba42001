"""The Python interpreters of this machine, and programs running on them, for scripts: as tests/support/interp.h and target.h.

    for python in pythons.find(["3.12"]):
        target = pythons.Target(python, "tests/e2e/targets/busy.py", "heap")
        target.line()                   its next line, as JSON
        target.ask("pause")             sends a line, reads one
        target.finish()                 end of its input; it must end well, and say nothing on its standard error
"""

import glob
import json
import os
import pathlib
import pwd
import re
import select
import signal
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
OURO = os.environ.get("OURO", str(ROOT / "bazel-bin/inspector/ouro"))
SID = os.environ.get("OURO_SID_ROOT", "/var/cache/ouro-sid")
TIMEOUT_S = 60
ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/tmp", "LANG": "C.UTF-8", "PYTHONHASHSEED": "1",
               "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "1"}
# What a program in another root runs in: a mount namespace of its own, with /proc and the script's directory.
ENTER = 'mount --bind "$1" "$0/mnt" && mount -t proc proc "$0/proc" && root=$0 && shift && exec /usr/sbin/chroot "$root" "$@"'


class Python:
    def __init__(self, path, root=""):
        self.path, self.root = path, root
        command = (["chroot", root] if root else []) + [path, "-I", "-S", "-c", "import sys; print(*sys.version_info[:3])"]
        try:
            out = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
        except OSError:
            out = b""
        self.version = tuple(map(int, out.split()))
        self.name = ".".join(map(str, self.version)) + (" sid" if root else " system" if path.startswith("/usr/") else "")

    def command(self, script, *arguments):
        script = (ROOT / script).resolve()
        if not self.root:
            return [self.path, str(script), *arguments]
        return ["unshare", "--mount", "--propagation", "private", "sh", "-c", ENTER, self.root, str(script.parent),
                self.path, "/mnt/" + script.name, *arguments]


def find(names=()):
    """All from 3.8 on by version, or those whose name begins with one of `names` (or that have it as path)."""
    home = os.environ.get("PYENV_ROOT", pwd.getpwuid(os.getuid()).pw_dir + "/.pyenv")
    found = [Python(path) for path in glob.glob(home + "/versions/3.*/bin/python3") + ["/usr/bin/python3"]]
    if os.getuid() == 0:
        found += [Python(path[len(SID):], SID) for path in glob.glob(SID + "/usr/bin/python3.[0-9][0-9]")]
    found += [Python(name) for name in names if "/" in name]
    found = sorted((p for p in found if p.version >= (3, 8)), key=lambda p: (p.version[:2], p.name))
    return [p for p in found if not names or any(p.name.startswith(n) or p.path == n for n in names)]


class Target:
    def __init__(self, python, script, *arguments):
        self.errors = tempfile.TemporaryFile()
        self.process = subprocess.Popen(python.command(script, *arguments), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=self.errors, env=ENVIRONMENT, start_new_session=True)
        self.pid = self.process.pid
        self.rest = b""

    def stderr(self):
        self.errors.seek(0)
        return self.errors.read().decode(errors="replace")

    def line(self):
        while b"\n" not in self.rest:
            if not select.select([self.process.stdout], [], [], TIMEOUT_S)[0]:
                raise RuntimeError(f"target {self.pid} says nothing for {TIMEOUT_S} s: {self.stderr()}")
            more = os.read(self.process.stdout.fileno(), 65536)
            if not more:
                raise RuntimeError(f"target {self.pid} ended too early: {self.stderr()}")
            self.rest += more
        line, _, self.rest = self.rest.partition(b"\n")
        return json.loads(line)

    def send(self, line):
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def ask(self, line):
        self.send(line)
        return self.line()

    def signal(self, number=signal.SIGUSR1):
        self.process.send_signal(number)

    def finish(self):
        self.process.stdin.close()
        status = self.process.wait(TIMEOUT_S)
        complaint = self.stderr()
        if status or complaint:
            raise RuntimeError(f"target {self.pid} ended with status {status}: {complaint}")

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def traces(pid):
    """What of an inspector is in a process: its thread, rings, copy, descriptors, tracer; [] when it is clean."""
    found = []
    try:
        for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
            if (task / "comm").read_text().strip() == "ouro-agent":
                found.append(f"thread {task.name}")
            for child in (task / "children").read_text().split():
                if pathlib.Path(f"/proc/{child}/comm").read_text().strip() == "ouro-copy":
                    found.append(f"copy {child}")
        found += [f"mapping {line}" for line in pathlib.Path(f"/proc/{pid}/maps").read_text().splitlines() if "ouro-ring" in line]
        found += [f"descriptor {fd.name}" for fd in pathlib.Path(f"/proc/{pid}/fd").iterdir() if "memfd:ouro-" in os.readlink(fd)]
        tracer = re.search(r"TracerPid:\s*(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text()).group(1)
        found += [f"tracer {tracer}"] if tracer != "0" else []
    except OSError:  # a thread, child or descriptor that has gone meanwhile
        return traces(pid) if os.path.exists(f"/proc/{pid}") else found
    return found
