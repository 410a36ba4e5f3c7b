"""What kopf hears goes into the cache; and what the command says before anything else."""

from types import SimpleNamespace
from typing import Any

import pytest

from lsml_operator import handlers, main
from lsml_operator.runtime import Runtime
from lsml_operator.settings import Settings
from unit.operator.builders import KEY, a_job_body
from unit.operator.fake_client import FakeClient

HEARD: dict[str, tuple[list[str | None], int]] = {
    "listed": ([None], 1),
    "made": (["ADDED"], 1),
    "changed": (["ADDED", "MODIFIED"], 1),
    "deleted": (["ADDED", "DELETED"], 0),
    "deleted before it was seen": (["DELETED"], 0),
}


@pytest.mark.parametrize(("types", "jobs"), HEARD.values(), ids=HEARD)
async def test_seen(types: list[str | None], jobs: int) -> None:
    """FAULTS 23: a job that was deleted while the operator was down is never listed, so there is nothing to do."""
    runtime = Runtime(Settings("lsml/trainer:test"), FakeClient())
    seen: Any = handlers.seen
    for type_ in types:
        await seen(type=type_, body=a_job_body(), memo=SimpleNamespace(runtime=runtime))
    assert [job.key for job in runtime.cache.jobs()] == [KEY] * jobs
    assert await runtime.queue.get() == KEY


def test_a_missing_setting_is_said_before_anything_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LSML_TRAINER_IMAGE", raising=False)
    with pytest.raises(SystemExit, match=r"^LSML_TRAINER_IMAGE is not set"):
        main.run()
