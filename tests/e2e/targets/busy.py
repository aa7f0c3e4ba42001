"""A program with four busy threads: allocating, hashing without the lock, sleeping, and talking to children and files.

`pause`: all of them come to rest, no child is left; {"fine": whether all that they did was right, "rounds": …} is
told. `resume`: they go on. `busy.py heap` has some 300,000 objects more, so that a walk takes its time.
"""

import gc
import hashlib
import lines
import os
import subprocess
import sys
import tempfile
import threading
import time

HASH = hashlib.pbkdf2_hmac("sha256", b"password", b"salt", 20000)
BLOCK = os.urandom(1 << 20)
BLOCK_HASH = hashlib.sha256(BLOCK).digest()


class Node:
    def __init__(self, parent, n):
        self.parent = parent
        self.n = n
        self.children = []


def allocate():
    root = Node(None, 0)
    for i in range(300):
        root.children.append(Node(root, i))
    texts = {str(i): [bytes(i)] for i in range(300)}
    return sum(child.n for child in root.children) == 44850 == sum(len(v[0]) for v in texts.values())


def hash_():
    return hashlib.sha256(BLOCK).digest() == BLOCK_HASH and \
        hashlib.pbkdf2_hmac("sha256", b"password", b"salt", 20000) == HASH


def sleep():
    before = time.monotonic()
    time.sleep(0.003)
    return time.monotonic() - before >= 0.003


def talk(counter=[0]):
    counter[0] += 1
    text = b"%d" % counter[0]
    child = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    out, _ = child.communicate(text)
    with tempfile.TemporaryFile() as file:
        file.write(text * 1000)
        file.seek(0)
        return out == text and child.returncode == 0 and file.read() == text * 1000


class Worker(threading.Thread):
    def __init__(self, work):
        super().__init__(name=work.__name__)
        self.work = work
        self.rounds = self.wrong = 0
        self.go = threading.Event()
        self.resting = threading.Event()
        self.ended = False

    def run(self):
        while not self.ended:
            if not self.go.is_set():
                self.resting.set()
                self.go.wait()
                continue
            self.rounds += 1
            self.wrong += not self.work()


heap = [Node(None, [i]) for i in range(60000)] if sys.argv[1:] == ["heap"] else []
workers = [Worker(work) for work in (allocate, hash_, sleep, talk)]
rounds_before = [0] * len(workers)


def resume():
    for worker in workers:
        rounds_before[workers.index(worker)] = worker.rounds
        worker.resting.clear()
        worker.go.set()
    return True


def pause():
    for worker in workers:
        worker.go.clear()
    for worker in workers:
        worker.resting.wait()
    gc.collect()
    return {
        "fine": not any(worker.wrong for worker in workers) and all(worker.is_alive() for worker in workers),
        "advanced": [worker.rounds > before for worker, before in zip(workers, rounds_before)],
        "rounds": {worker.name: worker.rounds for worker in workers},
        "wrong": [worker.wrong for worker in workers],
    }


for worker in workers:
    worker.start()
lines.say(pause())
lines.serve(pause=pause, resume=resume)
for worker in workers:
    worker.ended = True
    worker.go.set()
for worker in workers:
    worker.join()
