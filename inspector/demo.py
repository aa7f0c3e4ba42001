"""A small order service that leaks, for `ouro demo`. Five things are wrong with it; each can be found.

1. SESSIONS, a cache that only grows: a Session for every request, never dropped.
2. Order <-> LineItem: parent and child hold each other. Each request leaves such a cycle behind; it stays
   until the collector runs.
3. Connection: a class with __del__, in a cycle with its Transaction.
4. make_renderer(): a closure that keeps a buffer of 4 MiB alive for as long as the handler is registered.
5. audit_trail(): a generator that was started and forgotten; its local list holds all it has read.
"""

import random
import threading
import time

SESSIONS = {}
HANDLERS = {}
PRICES = {f"article-{n}": 100 + n * 7 for n in range(200)}


class Session:
    """What a visitor looked at."""

    def __init__(self, number):
        self.token = f"session-{number:08x}"
        self.history = [random.choice(list(PRICES)) for _ in range(8)]
        self.preferences = {"currency": "EUR", "page_size": 10 + number % 40}


class LineItem:
    __slots__ = ("order", "article", "quantity")

    def __init__(self, order, article, quantity):
        self.order = order  # the way back: this closes the cycle
        self.article = article
        self.quantity = quantity


class Order:
    def __init__(self, number):
        self.number = number
        self.items = [LineItem(self, article, 1 + number % 3) for article in random.sample(list(PRICES), 3)]

    def total(self):
        return sum(PRICES[item.article] * item.quantity for item in self.items)


class Transaction:
    def __init__(self, connection):
        self.connection = connection
        self.statements = []


class Connection:
    """Looks closed, is not: only its finalizer would tell."""

    open_connections = 0

    def __init__(self):
        Connection.open_connections += 1
        self.transaction = Transaction(self)

    def execute(self, statement):
        self.transaction.statements.append(statement)

    def __del__(self):
        Connection.open_connections -= 1


def make_renderer(name):
    buffer = bytearray(4 * 1024 * 1024)

    def render(order):
        text = f"{name}: order {order.number}, {order.total()} cents".encode()
        buffer[: len(text)] = text
        return len(text)

    return render


def audit_trail():
    seen = []
    while True:
        entry = yield len(seen)
        seen.append(entry)


class Metrics(threading.Thread):
    """A worker of its own, as services have."""

    def __init__(self):
        super().__init__(name="metrics", daemon=True)
        self.samples = []

    def run(self):
        while True:
            snapshot = {"sessions": len(SESSIONS), "connections": Connection.open_connections}
            self.samples = self.samples[-99:] + [snapshot]
            time.sleep(0.5)


def handle_request(number, trail):
    session = Session(number)
    SESSIONS[session.token] = session
    order = Order(number)
    connection = Connection()
    connection.execute(f"insert into orders values ({number}, {order.total()})")
    HANDLERS["html"](order)
    trail.send(f"{session.token} ordered {order.number}")


def main():
    HANDLERS["html"] = make_renderer("html")
    HANDLERS["mail"] = make_renderer("mail")
    trail = audit_trail()
    next(trail)
    Metrics().start()
    print("order service: serving", flush=True)
    number = 0
    while True:
        for _ in range(10):
            number += 1
            handle_request(number, trail)
        time.sleep(0.1)


if __name__ == "__main__":
    main()
