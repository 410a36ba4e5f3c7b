"""Whether a worker trains alone or in a team, and how it finds the team. Loads torchft only for a team."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from lsml_trainer.elastic.session import Session, SoloSession, Traveller
from lsml_trainer.job_token import token_of
from lsml_trainer.spec import InvalidSpec


@dataclass(frozen=True)
class TeamPlan:
    """How a worker finds its team."""

    coordinator: str | None = None
    """LSML_COORDINATOR, HOST:PORT; None: alone."""
    name: str = "worker"
    """LSML_WORKER: tells the workers of a job apart."""
    address: str = "127.0.0.1"
    """LSML_TEAM_ADDRESS: where the other workers reach this one."""
    shards: int = 1
    """LSML_SHARDS, where the specification does not say: a power of two, the same for all."""
    job_token: str | None = field(default=None, repr=False)
    """Which all members know; in the file that LSML_TOKEN_FILE names. None: nobody has to."""


ALONE = TeamPlan()


def plan_of(environ: Mapping[str, str]) -> TeamPlan:
    """The plan that the environment gives; raises InvalidSpec, and what `token_of` raises."""
    shards = environ.get("LSML_SHARDS", "1")
    if not shards.isdecimal() or int(shards) < 1 or int(shards) & (int(shards) - 1):
        raise InvalidSpec(f"LSML_SHARDS is {shards!r}; it must be a power of two such as 8")
    return TeamPlan(
        coordinator=environ.get("LSML_COORDINATOR") or None,
        name=environ.get("LSML_WORKER", ALONE.name),
        address=environ.get("LSML_TEAM_ADDRESS", ALONE.address),
        shards=int(shards),
        job_token=token_of(environ),
    )


@contextmanager
def opened(plan: TeamPlan, traveller: Traveller, waiting: Callable[[], None]) -> Iterator[Session]:
    """The session of a plan; left when the block ends, however it does. `waiting` is called while it waits."""
    session: Session
    if plan.coordinator is None:
        session = SoloSession(plan.shards, traveller)
    else:
        from lsml_trainer.elastic.team_session import TeamSession  # noqa: PLC0415  (loads torchft)

        names = plan.coordinator, plan.address, plan.name
        session = TeamSession(*names, plan.shards, traveller, waiting, plan.job_token)
    try:
        yield session
    finally:
        session.close()
