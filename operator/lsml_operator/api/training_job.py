"""The spec of a TrainingJob: what to train, on which machines, for how long."""

from typing import Annotated, ClassVar

from pydantic import Field

from lsml_operator.api.workers import Workers
from lsml_trainer.spec import Rule, TrainingSpec

Seconds = Annotated[int, Field(ge=1, le=2**31 - 1)]


def _unchangeable(field: str) -> Rule:
    return Rule(
        cel=f"has(self.{field}) == has(oldSelf.{field}) && (!has(self.{field}) || self.{field} == oldSelf.{field})",
        message=f"{field} cannot be changed once the job was created; create a job of another name",
        field=field,
    )


class TrainingJobSpec(TrainingSpec):
    """What to train, on which machines, for how long."""

    workers: Workers = Field(default=Workers(), json_schema_extra={"default-in-schema": {"replicas": 1}})
    """How many workers, how large, where."""
    suspend: bool = False
    """Take the workers away and keep the job. When it is resumed, training goes on from its last checkpoint, or starts
    anew without one. Default: false.
    """
    active_deadline_seconds: Seconds | None = None
    """The job fails if it runs longer than this since it started or was resumed. Default: no limit."""
    ttl_seconds_after_finished: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = None
    """The job is deleted this long after it ended. Default: it stays."""
    backoff_limit: Annotated[int, Field(ge=0, le=1000)] = 6
    """How many times a worker may crash before the job fails; evictions do not count. Default: 6."""

    RULES: ClassVar[tuple[Rule, ...]] = (
        *TrainingSpec.RULES,
        *map(_unchangeable, ("algorithm", "model", "data", "output", "ledger", "predict", "seed", "reproducible")),
        Rule(
            cel="(has(self.data) && has(self.data.shards)) || "
            "(has(self.workers.max) ? self.workers.max : self.workers.replicas) == "
            "(has(oldSelf.workers.max) ? oldSelf.workers.max : oldSelf.workers.replicas)",
            message="workers.max, by default replicas, cannot be changed once the job was created, since the number of "
            "shards follows from it; create a job of another name with workers.max or data.shards",
            field="workers.max",
        ),
        Rule(
            cel="(has(self.algorithm) && !has(self.algorithm.container)) || !has(self.workers.replaceStragglers) || "
            "!self.workers.replaceStragglers",
            message="workers.replaceStragglers is of no use with algorithm.container or model, which have no steps "
            "that are timed; take it out",
            holds=lambda m: (m.algorithm and not m.container) or not m.workers.replace_stragglers,
            field="workers.replaceStragglers",
        ),
        Rule(
            cel="has(self.checkpoint) == has(oldSelf.checkpoint)"
            " && (!has(self.checkpoint) || self.checkpoint.uri == oldSelf.checkpoint.uri)",
            message="checkpoint.uri cannot be changed once the job was created; create a job of another name",
            field="checkpoint",
        ),
    )

    @property
    def has_coordinator(self) -> bool:
        """Whether its workers meet somewhere; those of a container do even if there can only be one."""
        return self.workers.are_a_team or self.container is not None

    @property
    def shards(self) -> int:
        """Into how many parts the rows are cut: never a matter of how many workers there are now."""
        return (self.data and self.data.shards) or 1 << (self.workers.most - 1).bit_length()
