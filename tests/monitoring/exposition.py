"""What a Prometheus would read of an operator with a few jobs, and of a coordinator: made by the programs' own code."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from prometheus_client import CollectorRegistry, generate_latest

from lsml_operator.api.status import Cost, Goodput, Restarts, Status, WorkersStatus
from lsml_operator.job_metrics import JobMetrics
from lsml_operator.metrics import Metrics
from lsml_operator.world import Job
from lsml_trainer.progress_server import ReportCollector
from lsml_trainer.spec import Progress, Report, Teammate, TimeShares
from unit.operator.builders import NOW_STAMP, a_job, a_progress, a_status, ago


def of_an_operator() -> bytes:
    """One that leads, has looked at jobs, and knows two."""
    metrics = Metrics()
    metrics.leading.set(1)
    metrics.reconcile_seconds.observe(0.01)
    metrics.registry.register(JobMetrics(lambda: [_a_running_job(), a_job(a_status(phase="Pending"))]))
    return generate_latest(metrics.registry)


def of_a_coordinator() -> bytes:
    """One with a team of two."""
    registry = CollectorRegistry()
    told = a_progress(
        percent=50, loss=0.25, epoch=2, samples=2874, samples_per_second=1000, estimated_seconds_remaining=30
    )
    progress = Progress.model_validate(told.model_dump() | {"updated_at": NOW_STAMP})
    team = tuple(Teammate(name=f"w{i}-0", stage="Training", step=5, step_seconds=0.1 * (i + 1)) for i in range(2))
    spent = TimeShares(reading=0.1, computing=0.7, exchanging=0.2)
    report = Report(stage="Training", progress=progress, team=team, time_shares=spent, peak_memory_bytes=2**28)
    registry.register(ReportCollector(lambda: report))
    return generate_latest(registry)


def _a_running_job() -> Job:
    told = {
        "findings": ("NetworkBound",),
        "progress": a_progress(
            percent=50, loss=0.25, samples=2874, samples_per_second=1000, estimated_seconds_remaining=30
        ),
        "workers": WorkersStatus(desired=4, running=3),
        "goodput": Goodput(ratio=0.75, productive_seconds=30, starting_seconds=10, updated_at=ago(0)),
        "cost": Cost(amount=1.5, currency="EUR"),
        "restarts": Restarts(evictions=1),
    }
    status: Status = a_status(phase="Running").model_copy(update=told)
    return a_job(status)


@contextmanager
def served() -> Iterator[int]:
    """Both over HTTP, at /operator and /coordinator; gives the port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = of_an_operator() if self.path == "/operator" else of_a_coordinator()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Tests do not want to read of each request."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
