"""Who is in the team: torchft's quorum, as one worker asks for it. Moves no data.

Every worker runs torchft's manager server, which tells the coordinator (its lighthouse) that the worker lives, from
threads that no Python code can hold up. The coordinator holds nothing that it could not ask the workers for again.
"""

import hashlib
import os
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as StillRunning
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import uuid4

from lsml_trainer.elastic.team import TeamBroken
from lsml_trainer.elastic.torchft_extension import torchft_extension

HEARTBEAT = timedelta(milliseconds=100)
CONNECT_LIMIT = timedelta(seconds=2)
PING_LIMIT = timedelta(seconds=1)
QUORUM_LIMIT = timedelta(hours=24)
"""How long torchft waits for the coordinator, or for others where a worker may not train alone; then it waits again."""
LOOK_SECONDS = 0.2
"""How often one that waits looks whether it is asked to leave, or may go on without an answer, which comes in
milliseconds as long as there is a coordinator and nobody leaves.
"""
FRESH_SECONDS = 1.5
"""The members of a new team wait twice as long for each other: whoever hears of it later need not go there."""

Waiting = Callable[[], None]
"""Called again and again while this worker waits for others; may raise to make an end of it."""
Together = Callable[[], bool]
"""Whether no member has left this worker's team."""


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


class _Answer(NamedTuple):
    members: Members
    at: float
    """By the monotonic clock."""


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
        self._question: Future[_Answer] | None = None
        """What was asked, while the answer was not taken."""
        self._last: Members | None = None
        """The team that was answered last."""
        self.joins = 0
        """How many blocks this worker has begun, or tried to; `joins_of` tells others at which it last asked."""

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

    def ask(self, step: int, failures: int, together: Together | None = None) -> Members:
        """The team of the next block; `failures` blocks in a row did not count. Raises TeamBroken.

        Whoever is in no team waits until the coordinator has put one together. Whoever is in one waits LOOK_SECONDS,
        and goes on with it if all of it still are `together`: so nobody waits in a block for one who waits for a
        coordinator, whomever that has answered before it died, and whether it is gone, stopped or cut off. The question
        stays asked: the next coordinator finds everybody, and its answer is taken before a later block.
        """
        self.joins += 1
        is_late = self._question is not None
        wait_seconds = 0.0 if is_late and together else LOOK_SECONDS
        while True:
            question = self._question = self._question or self._asked(step, failures)
            try:
                members, answered = question.result(wait_seconds)
            except StillRunning:
                self._waiting()
                if together and self._last and together():
                    return self._last
                wait_seconds = LOOK_SECONDS
            except RuntimeError as error:
                self._question = None
                raise TeamBroken(str(error)) from error
            else:
                self._question = None
                if self._is_current(members, answered, is_late=is_late, is_in_team=together is not None):
                    self._last = members
                    return members
                is_late, wait_seconds = False, LOOK_SECONDS

    def _is_current(self, members: Members, answered: float, *, is_late: bool, is_in_team: bool) -> bool:
        """Whether to go by an answer, `is_late` if it was asked for in an earlier block; else it is asked anew."""
        if self._last is not None and members.token == self._last.token:
            return is_in_team and not is_late  # what broke is not met again; and all ask at once again
        return not is_late or time.monotonic() - answered <= FRESH_SECONDS

    def _asked(self, step: int, failures: int) -> Future[_Answer]:
        joins = str(self.joins)

        def answered() -> _Answer:
            while True:
                with suppress(TimeoutError):  # of QUORUM_LIMIT: it stays asked
                    answer = self._client._quorum(
                        group_rank=0,
                        step=step,
                        checkpoint_metadata=joins,
                        shrink_only=False,
                        timeout=QUORUM_LIMIT,
                        init_sync=False,
                        commit_failures=failures,
                    )
                    return _Answer(_members(answer, self._id), time.monotonic())

        return self._asking.submit(answered)

    def close(self) -> None:
        """Be heard no more: the others need not wait for this worker, nor it for an answer."""
        self._server.shutdown()
        del self._server  # ends what it was asked, too: the thread that waits for that would keep this process
        self._asking.shutdown(wait=False, cancel_futures=True)


def joins_of(manager: str) -> int | None:
    """At which of its blocks the worker behind this manager server has last asked; None if it does not answer."""
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
