"""A session with other workers: torchft's quorum, live recovery, reconfigured process group and commit.

Every worker is a replica group of one. The coordinator (torchft's lighthouse) says who is there; it holds nothing that
it could not ask the workers for again.
"""

import logging
from datetime import timedelta

from torch._C._distributed_c10d import TCPStore
from torchft.manager import Manager
from torchft.process_group import ProcessGroupGloo

from lsml_trainer.elastic.group_team import GroupTeam
from lsml_trainer.elastic.healing import StateTransport
from lsml_trainer.elastic.session import Give, Take
from lsml_trainer.elastic.team import TeamBroken

EXCHANGE_LIMIT = timedelta(seconds=10)
"""A member that does not take part in an exchange for so long is left out; one that is dead is noticed at once."""
QUORUM_LIMIT = timedelta(hours=24)
"""How long a worker waits for the coordinator, or for others where it may not train alone."""


class TorchftSession:
    """Joins the team of one coordinator under one name."""

    def __init__(self, coordinator: str, address: str, name: str, shards: int, give: Give, take: Take) -> None:
        """`coordinator` is HOST:PORT, `address` where other workers reach this one."""
        self._shards = shards
        self._group = ProcessGroupGloo(timeout=EXCHANGE_LIMIT)
        self._store = TCPStore(address, 0, is_master=True, wait_for_workers=False)
        for noisy in ("torchft", "torchft.manager", "torchft_quorums", "torchft_commits", "torchft_errors"):
            logging.getLogger(noisy).setLevel(logging.ERROR)
        self._manager = Manager(
            pg=self._group,
            load_state_dict=take,
            state_dict=give,
            min_replica_size=1,
            use_async_quorum=False,  # heal before a block, not after it
            init_sync=False,  # the first state is a function of the specification: everybody has it
            timeout=EXCHANGE_LIMIT,
            quorum_timeout=QUORUM_LIMIT,
            connect_timeout=EXCHANGE_LIMIT,
            rank=0,
            world_size=1,
            store_addr=address,
            store_port=self._store.port,
            lighthouse_addr=f"http://{coordinator}",
            replica_id=name,
            hostname=address,
            checkpoint_transport=StateTransport(address),
            quorum_retries=1_000_000,
        )

    def join(self) -> GroupTeam:
        """The team of everybody who is there now; afterwards this worker has their state."""
        self._manager.start_quorum()
        if error := self._manager.errored():  # not healed: our state is not theirs
            raise TeamBroken(str(error.original_exception))
        rank, size = self._manager.participating_rank(), self._manager.num_participants()
        assert rank is not None, "every member takes part"
        return GroupTeam(self._manager._pg, rank, size, self._shards, EXCHANGE_LIMIT)

    def commit(self) -> bool:
        """Whether the block counts: nobody was lost, and nothing went wrong."""
        counts: bool = self._manager.should_commit()
        return counts

    def broken(self, error: Exception) -> None:
        """The block cannot count; whoever waits for this worker in an exchange is told at once."""
        self._manager.report_error(error)
        self._group.abort()

    def close(self) -> None:
        """Leave: the others do not wait for this worker any more."""
        self._manager.shutdown(wait=False)
        self._group.shutdown()
