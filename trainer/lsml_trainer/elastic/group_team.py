"""A Team of several processes over a process group of torch: every exchange is one or two all-gathers.

All-gather, not all-reduce: the tree fixes the order of the sum (`tree.py`), whatever the number of members.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import load, save
from torch._C._distributed_c10d import AllgatherOptions
from torch.distributed import ProcessGroup

from lsml_trainer.elastic.team import Arrays, TeamBroken
from lsml_trainer.elastic.tree import Node, combined, owned, partial_sums, subtrees


class GroupTeam:
    """The members of one generation; `rank` holds the shards `owned(rank, size, shards)`."""

    def __init__(self, group: ProcessGroup, rank: int, size: int, shards: int, time_limit: timedelta) -> None:
        self.rank = rank
        self.size = size
        self.shards = shards
        self._group = group
        self._time_limit = time_limit
        self._root = Node(shards.bit_length() - 1, 0)
        self._nodes = [subtrees(owned(member, size, shards)) for member in range(size)]
        self._most_nodes = max(len(nodes) for nodes in self._nodes)

    @property
    def held(self) -> range:
        """The shards of this member."""
        return owned(self.rank, self.size, self.shards)

    def total(self, parts: Sequence[Arrays]) -> Arrays:
        """The sum over all shards; raises TeamBroken."""
        sums = partial_sums(self.held, parts)
        if self.size > 1:
            # Somebody who holds no shard does not know the form of the sums: then they travel with their names.
            sums = self._sums_by_name(sums) if self.size > self.shards else self._sums_of_one_form(sums)
        return combined(sums, self._root)

    def _sums_of_one_form(self, mine: dict[Node, Arrays]) -> dict[Node, Arrays]:
        """Everybody's sums, as one flat buffer of the same length for each member."""
        form = next(iter(mine.values()))
        names = sorted(form)
        buffer = np.zeros((self._most_nodes, sum(np.size(form[name]) for name in names)))
        for row, arrays in zip(buffer, mine.values(), strict=False):
            row[:] = np.concatenate([np.ravel(arrays[name]) for name in names])
        found: dict[Node, Arrays] = {}
        for nodes, rows in zip(self._nodes, self._exchange(torch.from_numpy(buffer)), strict=True):
            for node, row in zip(nodes, rows.numpy(), strict=False):
                found[node] = _unpacked(row, names, form)
        return found

    def _sums_by_name(self, mine: dict[Node, Arrays]) -> dict[Node, Arrays]:
        flat = {f"{node.level}.{node.place}/{name}": a for node, part in mine.items() for name, a in part.items()}
        found: dict[Node, dict[str, NDArray[np.float64]]] = {}
        for key, array in self._gather_named(flat):
            place, _, name = key.partition("/")
            level, _, index = place.partition(".")
            found.setdefault(Node(int(level), int(index)), {})[name] = array
        return dict(found)

    def gather(self, parts: Sequence[Arrays]) -> Sequence[Arrays]:
        """One entry for each shard of the job, in order, of any names and shapes; raises TeamBroken."""
        if self.size == 1:
            return parts
        held = zip(self.held, parts, strict=True)
        flat = {f"{index}/{name}": array for index, part in held for name, array in part.items()}
        everything: list[dict[str, NDArray[np.float64]]] = [{} for _ in range(self.shards)]
        for key, array in self._gather_named(flat):
            index_of, _, name = key.partition("/")
            everything[int(index_of)][name] = array
        return everything

    def _gather_named(self, mine: Arrays) -> Iterator[tuple[str, NDArray[np.float64]]]:
        content = save({name: np.asarray(array, order="C") for name, array in mine.items()}) if mine else b""
        for received in self.gather_bytes(content):
            yield from (load(received) if received else {}).items()

    def gather_bytes(self, content: bytes) -> list[bytes]:
        """What each member gives, in the order of their ranks; raises TeamBroken."""
        sizes = [int(size) for size in self._exchange(torch.tensor([len(content)]))]
        padded = np.zeros(max(*sizes, 1), dtype=np.uint8)
        padded[: len(content)] = np.frombuffer(content, dtype=np.uint8)
        received = self._exchange(torch.from_numpy(padded))
        return [data.numpy()[:size].tobytes() for data, size in zip(received, sizes, strict=True)]

    def _exchange(self, mine: torch.Tensor) -> list[torch.Tensor]:
        theirs = [torch.empty_like(mine) for _ in range(self.size)]
        options = AllgatherOptions()
        options.timeout = self._time_limit
        try:
            self._group.allgather([theirs], [mine], options).wait(self._time_limit)
        except (RuntimeError, TimeoutError) as error:
            raise TeamBroken(str(error)) from error
        return theirs


def _unpacked(row: NDArray[np.float64], names: Sequence[str], form: Arrays) -> Arrays:
    """The arrays of a flat row, in the order of their names."""
    arrays, start = {}, 0
    for name in names:
        stop = start + np.size(form[name])
        arrays[name] = row[start:stop].reshape(np.shape(form[name]))
        start = stop
    return arrays
