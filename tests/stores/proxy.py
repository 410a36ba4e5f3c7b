"""An HTTP proxy before an object store that goes wrong where a test says so. Knows HTTP, and nothing of buckets."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal

Kind = Literal["503", "cut", "no acknowledgement"]
"""Answered without asking the store; closed in the middle of the body; closed in place of the store's answer."""

PER_CONNECTION = ("connection", "expect", "transfer-encoding")
"""Headers that are not passed on."""


@dataclass
class Fault:
    """What goes wrong with the first `times` requests of a method whose path holds `path`."""

    kind: Kind
    path: str
    times: int = 1
    method: str = "PUT"
    fired: int = 0


@dataclass
class FaultyProxy:
    """The proxy's address, what it was told, and what it saw."""

    address: str
    faults: list[Fault] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)

    def fault_of(self, method: str, path: str) -> Fault | None:
        """The next one that is due for this request."""
        self.seen.append(f"{method} {path}")
        for fault in self.faults:
            if fault.method == method and fault.path in path and fault.fired < fault.times:
                fault.fired += 1
                return fault
        return None

    @property
    def all_fired(self) -> bool:
        """Whether everything went wrong that should have."""
        return all(fault.fired == fault.times for fault in self.faults)


@contextmanager
def faulty_proxy(upstream: str) -> Iterator[FaultyProxy]:
    """A proxy before http://HOST:PORT, as long as the block runs."""
    host = upstream.removeprefix("http://")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._forward()

        do_PUT = do_POST = do_HEAD = do_DELETE = do_GET

        def _forward(self) -> None:
            fault = proxy.fault_of(self.command, self.path)
            if fault and fault.kind == "cut":
                self.rfile.read(64)
                self.close_connection = True
                return
            body = self._body()
            if fault and fault.kind == "503":
                self.send_error(503, "Slow Down")
                return
            store = HTTPConnection(host, timeout=30)
            headers = {name: value for name, value in self.headers.items() if name.lower() not in PER_CONNECTION}
            store.request(self.command, self.path, body, headers)
            answer = store.getresponse()
            content = answer.read()
            if fault:
                self.close_connection = True
                return
            self.send_response_only(answer.status, answer.reason)
            for name, value in answer.getheaders():
                if name.lower() not in PER_CONNECTION:
                    self.send_header(name, value)
            if answer.getheader("Content-Length") is None:
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
            store.close()

        def _body(self) -> bytes:
            if self.headers.get("Transfer-Encoding") != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length") or 0))
            pieces = []
            while size := int(self.rfile.readline(), 16):
                pieces.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(pieces)

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    proxy = FaultyProxy(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
