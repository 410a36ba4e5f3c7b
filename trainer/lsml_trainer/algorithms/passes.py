"""A whole pass over this worker's rows: chunk by chunk, on all cores, summed in the order of the rows. No mathematics.

A chunk's sums are taken by one core, so that their bits depend neither on the number of cores nor on who holds it.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from lsml_trainer.algorithms.base import Rows, Shard
from lsml_trainer.algorithms.cores import Cores
from lsml_trainer.elastic.team import Arrays, add


def shard_sums(cores: Cores, shards: Sequence[Shard], work: Callable[[Rows], Arrays]) -> list[Arrays]:
    """The sums of `work` over each shard: what a team totals."""

    def of_chunk(item: tuple[int, Rows]) -> tuple[int, Arrays]:
        with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is told by the algorithm, in a sentence
            return item[0], work(item[1])

    totals: dict[int, Arrays] = {}
    with cores.alone():
        for position, sums in cores.in_order(of_chunk, _chunks(shards)):
            totals[position] = add(totals[position], sums) if position in totals else sums
    return [totals[position] for position in range(len(shards))]


def _chunks(shards: Sequence[Shard]) -> Iterator[tuple[int, Rows]]:
    for position, shard in enumerate(shards):
        for chunk in shard.chunks():
            yield position, chunk
