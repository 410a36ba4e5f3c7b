"""Whether the operator lives, whether it sees, what it counts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest

from lsml_operator.job_metrics import JobMetrics
from lsml_operator.metrics import Metrics
from lsml_operator.server import serve
from lsml_operator.world import Job
from unit.operator.builders import a_job, a_status


@asynccontextmanager
async def served(metrics: Metrics, ill: str | None = None, ready: bool = True) -> AsyncIterator[str]:
    """The address of an operator in that state."""
    runner = await serve(0, metrics.registry, lambda: ill, lambda: ready)
    try:
        port = next(address[1] for address in runner.addresses if len(address) == 2)  # IPv6 has another
        yield f"http://127.0.0.1:{port}"
    finally:
        await runner.cleanup()


async def get(url: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return answer.status, await answer.text()


DEAF = "the API server was not heard for 91 s\n"

STATES: dict[str, tuple[str, str | None, bool, tuple[int, str]]] = {
    "it lives": ("/healthz", None, True, (200, "ok\n")),
    "it is deaf": ("/healthz", DEAF, True, (500, DEAF)),
    "it lives, though it sees nothing yet": ("/healthz", None, False, (200, "ok\n")),
    "it sees": ("/readyz", None, True, (200, "ok\n")),
    "it does not see yet": ("/readyz", None, False, (503, "pods are not listed yet\n")),
    "anything else": ("/", None, True, (404, "404: Not Found")),
}


@pytest.mark.parametrize(("path", "ill", "ready", "wanted"), STATES.values(), ids=STATES)
async def test_state(path: str, ill: str | None, ready: bool, wanted: tuple[int, str]) -> None:
    async with served(Metrics(), ill, ready) as address:
        assert await get(address + path) == wanted


async def test_metrics() -> None:
    metrics = Metrics()
    jobs: list[Job] = [a_job(a_status(phase="Running")), a_job(a_status(phase="Running")), a_job()]
    metrics.registry.register(JobMetrics(lambda: jobs))
    metrics.leading.set(1)
    metrics.reconcile_errors.inc()
    async with served(metrics) as address:
        code, text = await get(f"{address}/metrics")
    assert code == 200
    ours = ("lsml_jobs", "lsml_leading", "lsml_reconcile_errors_total")
    assert {line for line in text.splitlines() if line.startswith(ours)} == {
        'lsml_jobs{phase="Pending"} 1.0',
        'lsml_jobs{phase="Running"} 2.0',
        "lsml_leading 1.0",
        "lsml_reconcile_errors_total 1.0",
    }
