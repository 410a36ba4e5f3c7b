"""A Team of several processes: every exchange is one message from each member to each other one.

All-gather, not all-reduce: the tree fixes the order of the sum (`tree.py`), whatever the number of members.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from lsml_trainer.elastic.mesh import Mesh
from lsml_trainer.elastic.packing import packed, unpacked
from lsml_trainer.elastic.team import Arrays
from lsml_trainer.elastic.tree import Node, combined, owned, partial_sums, subtrees


class GroupTeam:
    """The members of one generation; `rank` holds the shards `owned(rank, size, shards)`."""

    def __init__(self, mesh: Mesh, shards: int, generation: int, team: str = "") -> None:
        self.rank = mesh.rank
        self.size = mesh.size
        self.shards = shards
        self.generation = generation
        self.team = team
        self._mesh = mesh
        self._root = Node(shards.bit_length() - 1, 0)
        self._nodes = [subtrees(owned(member, self.size, shards)) for member in range(self.size)]

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
        """Everybody's sums; a member's travel as one buffer, a row for each of its subtrees."""
        form = next(iter(mine.values()))
        names = sorted(form)
        mine_flat = [np.ravel(arrays[name]) for arrays in mine.values() for name in names]
        content = np.concatenate(mine_flat, dtype=np.float64).data
        found: dict[Node, Arrays] = {}
        for nodes, received in zip(self._nodes, self._mesh.gather(content), strict=True):
            values = np.frombuffer(received, dtype=np.float64).reshape(len(nodes), -1)
            for node, row in zip(nodes, values, strict=True):
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
        """As Team, of any names and shapes; raises TeamBroken."""
        if self.size == 1:
            return parts
        first = [node.shards.start for node in self._nodes[self.rank]]
        held = zip(first if len(parts) == len(first) else self.held, parts, strict=True)
        flat = {f"{index}/{name}": array for index, part in held for name, array in part.items()}
        everything: list[dict[str, NDArray[np.float64]]] = [{} for _ in range(self.shards)]
        for key, array in self._gather_named(flat):
            index_of, _, name = key.partition("/")
            everything[int(index_of)][name] = array
        return [part for part in everything if part]  # a merged one stands where its first shard does

    def _gather_named(self, mine: Arrays) -> Iterator[tuple[str, NDArray[np.float64]]]:
        content = packed(mine) if mine else b""
        for received in self.gather_bytes(content):
            yield from (unpacked(received) if received else {}).items()

    def gather_bytes(self, content: bytes) -> list[bytes]:
        """What each member gives, in the order of their ranks; raises TeamBroken."""
        return [bytes(given) for given in self._mesh.gather(content)]


def _unpacked(row: NDArray[np.float64], names: Sequence[str], form: Arrays) -> Arrays:
    """The arrays of a flat row, in the order of their names."""
    arrays, start = {}, 0
    for name in names:
        stop = start + np.size(form[name])
        arrays[name] = row[start:stop].reshape(np.shape(form[name]))
        start = stop
    return arrays
