"""Who is in the team: torchft's quorum, as one worker asks for it. Moves no data.

Every worker runs torchft's manager server, which tells the coordinator (its lighthouse) that the worker lives, from
threads that no Python code can hold up. The coordinator holds nothing that it could not ask the workers for again.
"""

import hashlib
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as StillRunning
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

from lsml_trainer.elastic.team import TeamBroken
from lsml_trainer.elastic.torchft_extension import torchft_extension

HEARTBEAT = timedelta(milliseconds=100)
CONNECT_LIMIT = timedelta(seconds=2)
PING_LIMIT = timedelta(seconds=1)
QUORUM_LIMIT = timedelta(hours=24)
"""How long a worker waits for the coordinator, or for others where it may not train alone."""
LOOK_SECONDS = 0.2
"""How often one that waits looks whether it is asked to leave."""
LATE_SECONDS = 2.0
"""An answer takes less than half of it, also where a member was lost, as long as there is a coordinator."""

Waiting = Callable[[], None]
"""Called again and again while this worker waits for others; may raise to make an end of it."""


@dataclass(frozen=True)
class Members:
    """The members of a team, the same for all of them."""

    token: str
    """Of no other team, also after the coordinator was started anew and counts from one again."""
    rank: int
    addresses: tuple[tuple[str, int], ...]
    """Where each is reached, in the order of their ranks."""

    @property
    def short_name(self) -> str:
        """The token in 16 characters."""
        return hashlib.sha256(self.token.encode()).hexdigest()[:16]

    @property
    def size(self) -> int:
        """How many."""
        return len(self.addresses)


class QuorumClient:
    """One worker's voice."""

    def __init__(self, coordinator: str, name: str, host: str, port: int, waiting: Waiting) -> None:
        """`coordinator` is HOST:PORT; others reach this worker's team port at `host`, `port`."""
        os.environ.setdefault("RUST_LOG", "error")  # else several lines a second
        self._waiting = waiting
        self._id = f"{name}@{host}@{port}:{uuid4()}"
        self._server = self._announced(coordinator, host)
        self.manager: str = self._server.address()
        """Where others ask whether this worker still is in their block."""
        self._client = torchft_extension().ManagerClient(self.manager, connect_timeout=CONNECT_LIMIT)
        self._asking = ThreadPoolExecutor(max_workers=1, thread_name_prefix="quorum")
        self.joins = 0
        """How many times this worker has asked for a team: one for each block."""

    def _announced(self, coordinator: str, host: str) -> Any:
        """The manager server, once there is a coordinator to tell that this worker lives."""
        while True:
            try:
                return torchft_extension().ManagerServer(
                    replica_id=self._id,
                    lighthouse_addr=f"http://{coordinator}",
                    hostname=host,
                    bind="[::]:0",
                    store_addr="",  # torchft's own rendezvous, which is not used
                    world_size=1,
                    heartbeat_interval=HEARTBEAT,
                    connect_timeout=CONNECT_LIMIT,
                    quorum_retries=1_000_000,
                )
            except RuntimeError:  # nobody is there yet, or again
                self._waiting()

    def ask(self, step: int, failures: int, late: Callable[[], None] = lambda: None) -> Members:
        """Waits until the coordinator has put a team together; `failures` blocks in a row did not count.

        `late` is called, again and again, when that takes long. It may be that the others were answered, and this
        worker's answer was lost with a coordinator that died in between: then they wait for this worker in their block,
        and this worker's next coordinator waits for them, unless they are told not to.
        """
        self.joins += 1
        asked = time.monotonic()
        answer = self._asking.submit(
            self._client._quorum,
            group_rank=0,
            step=step,
            checkpoint_metadata=str(self.joins),
            shrink_only=False,
            timeout=QUORUM_LIMIT,
            init_sync=False,
            commit_failures=failures,
        )
        while True:
            try:
                return _members(answer.result(LOOK_SECONDS), self._id)
            except StillRunning:
                self._waiting()
                if time.monotonic() - asked >= LATE_SECONDS:
                    late()
            except RuntimeError as error:
                raise TeamBroken(str(error)) from error

    def close(self) -> None:
        """Be heard no more: the others need not wait for this worker, nor it for an answer."""
        self._server.shutdown()
        del self._server  # ends what it was asked, too: the thread that waits for that would keep this process
        self._asking.shutdown(wait=False, cancel_futures=True)


def joins_of(manager: str) -> int | None:
    """How many times the worker behind this manager server has asked for a team; None if it does not answer."""
    try:
        client = torchft_extension().ManagerClient(manager, connect_timeout=PING_LIMIT)
        return int(client._checkpoint_metadata(0, timeout=PING_LIMIT))
    except (RuntimeError, TimeoutError, ValueError):
        return None


def _members(answer: Any, own_id: str) -> Members:
    ids = tuple(answer.replica_ids)
    places = (identity.rpartition(":")[0].rsplit("@", 2) for identity in ids)
    token = f"{answer.quorum_id} {' '.join(ids)}"
    return Members(token, ids.index(own_id), tuple((host, int(port)) for _, host, port in places))
