"""A worker's HTTP, played by the test: answers GET /progress on a loopback address of its own, as a pod would."""

import itertools
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from cluster.api import Object
from lsml_trainer.spec import PROGRESS_PORT

_PROCESS = f"{os.getpid() >> 8 & 255}.{os.getpid() & 255}"
_HOSTS = itertools.count(1)


@dataclass
class Answer:
    """What is said once; the last one is repeated for ever."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    in_pieces: bool = False
    """Whether it comes bit by bit, as over a real network."""


@dataclass
class Worker:
    """Where it listens, and what it was asked for."""

    ip: str
    asked: list[str] = field(default_factory=list)
    shown: list[str | None] = field(default_factory=list)
    """The token that came with each, as it was written."""


def says(report: Object) -> Answer:
    """An answer in order."""
    return Answer(json.dumps(report).encode(), in_pieces=True)


@contextmanager
def a_worker(*answers: Answer) -> Iterator[Worker]:
    """It listens, and gives these answers one after the other."""
    worker = Worker(f"127.{_PROCESS}.{next(_HOSTS)}")
    left = list(answers)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            worker.asked.append(self.path)
            worker.shown.append(self.headers.get("Authorization"))
            answer = left.pop(0) if len(left) > 1 else left[0]
            self.send_response(answer.status)
            for name, value in {**answer.headers, "Content-Length": str(len(answer.body))}.items():
                self.send_header(name, value)
            self.end_headers()
            middle = len(answer.body) // 2 if answer.in_pieces else 0
            self.wfile.write(answer.body[:middle])
            self.wfile.flush()
            time.sleep(0.1 if answer.in_pieces else 0)
            self.wfile.write(answer.body[middle:])

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: the list of what was asked is enough."""

    server = ThreadingHTTPServer((worker.ip, PROGRESS_PORT), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield worker
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
