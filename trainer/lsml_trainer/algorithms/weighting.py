"""How much each row counts: its own weight times that of its class. A row of weight 2 is a row that is there twice."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from lsml_trainer.algorithms.base import Rows, Shape, Shard, Unsuitable
from lsml_trainer.algorithms.cores import Cores
from lsml_trainer.algorithms.passes import shard_sums
from lsml_trainer.elastic.team import Team
from lsml_trainer.spec import InvalidSpec

Array = NDArray[np.float64]


def class_weights(
    asked: str | Mapping[str, float] | None,
    shape: Shape,
    shards: Sequence[Shard],
    team: Team,
    cores: Cores,
    family: str = "gradientDescent",
) -> Array:
    """The weight of each class, (K,); empty where nothing is asked for. A pass over the labels where it is balanced.

    Raises InvalidSpec where there is no such class; `family` is whose classWeight it is.
    """
    if asked is None:
        return np.empty(0)
    if isinstance(asked, str):
        counted = team.total(shard_sums(cores, shards, lambda rows: {"weight": _counts(rows, shape.classes)}))
        weight_K = counted["weight"]
        balanced_K: Array = weight_K.sum() / (shape.classes * np.where(weight_K > 0.0, weight_K, 1.0))
        return balanced_K
    named = {str(value): index for index, value in enumerate(shape.class_values)}
    weights_K = np.ones(shape.classes)
    for name, weight in asked.items():
        if name not in named:
            raise InvalidSpec(
                f"spec.algorithm.{family}.classWeight names the class {name!r}; there are {', '.join(named)}"
            )
        weights_K[named[name]] = weight
    return weights_K


def _counts(rows: Rows, classes: int) -> Array:
    counted_K = np.bincount(rows.y_N.astype(np.int64, copy=False), rows.weight_N, minlength=classes)
    return counted_K.astype(np.float64)


def weighted(rows: Rows, class_weight_K: Array) -> Rows:
    """The rows with the weights of their classes, too."""
    if not class_weight_K.size:
        return rows
    of_class_N = class_weight_K[rows.y_N.astype(np.int64, copy=False)]
    return rows._replace(weight_N=of_class_N if rows.weight_N is None else rows.weight_N * of_class_N)


def mean_weight(shape: Shape, class_weight_K: Array, shards: Sequence[Shard], team: Team, cores: Cores) -> float:
    """Of the training rows; a pass over them where they have weights. Raises Unsuitable where none counts."""
    weighs = [class_weight_K.size > 0 or shard.take(slice(0, 0)).weight_N is not None for shard in shards]
    if not any(told["weighs"][0] for told in team.gather([{"weighs": np.array([float(one)])} for one in weighs])):
        return 1.0
    sums = shard_sums(cores, shards, lambda rows: {"weight": total_weight(weighted(rows, class_weight_K))})
    total = float(team.total(sums)["weight"][0])
    if total <= 0.0:
        raise Unsuitable(f"each of the {shape.rows} training rows has weight 0; give some rows a weight")
    return total / shape.rows


def total_weight(rows: Rows) -> Array:
    """Of the rows; (1,)."""
    return np.array([float(len(rows.y_N)) if rows.weight_N is None else float(rows.weight_N.sum())])
