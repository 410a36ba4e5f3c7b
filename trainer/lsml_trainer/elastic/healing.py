"""Gives this worker's state to one that joins, over HTTP, as safetensors: nothing is ever unpickled.

torchft's own transport advertises the machine's name, which pods cannot resolve, and pickles.
"""

import urllib.error
import urllib.request
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition, Thread
from typing import Any

import numpy as np
from safetensors.numpy import load, save
from torchft.checkpointing.transport import CheckpointTransport

WAIT_SECONDS = 5.0

State = dict[str, Any]
"""What torchft's manager hands over: {"user": {"default": arrays}, "torchft": {name: number}}."""


class StateTransport(CheckpointTransport[State]):  # type: ignore[misc]  # torchft has no types
    """Serves the state of one step, from the quorum that asks for it until the next commit."""

    def __init__(self, address: str) -> None:
        self._content: tuple[int, bytes] | None = None
        self._changed = Condition()
        self._server = ThreadingHTTPServer((address, 0), _handler_of(self))
        self._server.daemon_threads = True
        self._url = f"http://{address}:{self._server.server_address[1]}"
        Thread(target=self._server.serve_forever, name="healing", daemon=True).start()

    def metadata(self) -> str:
        """Where others find this worker's state."""
        return self._url

    def send_checkpoint(self, dst_ranks: list[int], step: int, state_dict: State, timeout: timedelta) -> None:
        """Have the state fetched by whoever needs it."""
        arrays = {f"user/{name}": np.asarray(a, order="C") for name, a in state_dict["user"]["default"].items()}
        numbers = {f"torchft/{name}": np.array(value, dtype=np.int64) for name, value in state_dict["torchft"].items()}
        with self._changed:
            self._content = (step, save(arrays | numbers))
            self._changed.notify_all()

    def disallow_checkpoint(self) -> None:
        """The state is about to change."""
        with self._changed:
            self._content = None

    def recv_checkpoint(self, src_rank: int, metadata: str, step: int, timeout: timedelta) -> State:
        """The state of a peer at that step; raises OSError."""
        url = f"{metadata}/{step}"
        with urllib.request.urlopen(url, timeout=timeout.total_seconds()) as answer:  # noqa: S310  a peer's own URL
            arrays = load(answer.read())
        parts: dict[str, dict[str, Any]] = {"user": {}, "torchft": {}}
        for key, array in arrays.items():
            part, _, name = key.partition("/")
            parts[part][name] = int(array) if part == "torchft" else array
        return {"user": {"default": parts["user"]}, "torchft": parts["torchft"]}

    def content(self, step: int) -> bytes | None:
        """The state of that step; waited for, since the one that asks may have heard of the quorum first."""
        with self._changed:
            self._changed.wait_for(lambda: self._content is not None and self._content[0] == step, WAIT_SECONDS)
            return self._content[1] if self._content is not None and self._content[0] == step else None

    def shutdown(self, wait: bool = True) -> None:
        """Serve no more."""
        self._server.shutdown()
        self._server.server_close()


def _handler_of(transport: StateTransport) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            step = self.path.removeprefix("/")
            content = transport.content(int(step)) if step.isdecimal() else None
            if content is None:
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *arguments: object) -> None:
            """Not worth a line."""

    return Handler
