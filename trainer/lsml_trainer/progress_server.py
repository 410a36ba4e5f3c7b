"""GET /progress, /healthz and /metrics of a worker or a coordinator. Reads the current report; knows no training."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from lsml_trainer.job_token import HEALTH, METRICS, NOBODY_WATCHES, Guard
from lsml_trainer.spec import Report

Source = Callable[[], Report | None]
"""None while there is nothing to say yet."""
Accept = Callable[[str, bytes], bool]
"""Takes what a worker of that name says of itself; False if that is no report."""
MOST_BYTES = 64 * 1024
TEXT = "text/plain; charset=utf-8"
REQUEST_SECONDS = 10  # a client that says nothing does not hold a thread for longer
REFUSAL = "the job's token is wanted (Authorization: Bearer TOKEN); its pods and the operator have it\n"


@contextmanager
def serving(
    address: str, port: int, source: Source, accept: Accept | None = None, guard: Guard = NOBODY_WATCHES
) -> Iterator[int]:
    """Serves while the block runs and gives the port (another one only where 0 was asked for); raises OSError.

    With `accept` it takes POST /reports/NAME as well. Whom the guard does not let in is told why, and nothing else.
    """
    registry = CollectorRegistry()
    registry.register(ReportCollector(source))
    server = ThreadingHTTPServer((address, port), _handler_of(source, registry, accept, guard))
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="progress", daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class ReportCollector(Collector):
    """The report as gauges, made when they are asked for."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Nothing beforehand: which gauges there are depends on the report."""
        return iter(())

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """One gauge for each number that is known."""
        report = self._source()
        if report is None:
            return
        for name, text, value in gauges(report):
            if value is not None:
                yield GaugeMetricFamily(f"lsml_training_{name}", text, value=value)
        seconds = "Of a worker's own part of a step of late, without waiting for the others."
        own = GaugeMetricFamily("lsml_worker_step_seconds", seconds, labels=["worker"])
        for worker in report.team:
            if worker.step_seconds is not None:
                own.add_metric([worker.name], worker.step_seconds)
        yield own
        if report.time_shares is not None:
            share = "Share of the time of late; of a team, that of whoever waits least for the others."
            times = GaugeMetricFamily("lsml_training_time_ratio", share, labels=["activity"])
            for activity, of_all in report.time_shares:
                times.add_metric([activity], of_all)
            yield times
        if report.team:
            steps = GaugeMetricFamily(
                "lsml_worker_step", "Steps that a worker of the team has done.", labels=["worker"]
            )
            for worker in report.team:
                steps.add_metric([worker.name], worker.step)
            yield steps


def gauges(report: Report) -> tuple[tuple[str, str, float | None], ...]:
    """Name without prefix, description and value of each gauge."""
    progress = report.progress
    metrics = {metric.name: metric.value for metric in progress.metrics}
    return (
        ("progress_ratio", "Share of the work that is done, 0 to 1.", progress.percent / 100),
        ("step", "Steps that are done.", progress.step),
        ("epoch", "Passes over the training rows that are done.", progress.epoch),
        ("loss", "The last loss.", metrics.get("loss")),
        ("samples", "Training rows consumed, each once an epoch; or rows predicted.", progress.samples),
        ("samples_per_second", "Rows trained with or predicted in a second, of late.", progress.samples_per_second),
        ("remaining_seconds", "Until the end, at the speed of late.", progress.estimated_seconds_remaining),
        ("peak_memory_bytes", "The most memory that any worker had at a time.", report.peak_memory_bytes),
    )


def _handler_of(
    source: Source, registry: CollectorRegistry, accept: Accept | None, guard: Guard
) -> type[BaseHTTPRequestHandler]:
    def progress() -> bytes | None:
        report = source()
        return report.to_json().encode() if report is not None else None

    answers: dict[str, tuple[str, Callable[[], bytes | None]]] = {
        "/progress": ("application/json", progress),
        HEALTH: (TEXT, lambda: b"ok\n"),
        METRICS: (CONTENT_TYPE_LATEST, lambda: generate_latest(registry)),
    }

    class Handler(BaseHTTPRequestHandler):
        timeout = REQUEST_SECONDS

        def do_GET(self) -> None:
            if not self._lets_in():
                return
            if self.path not in answers:
                self.send_error(404, explain=f"there are {', '.join(answers)}")
                return
            content_type, body = answers[self.path][0], answers[self.path][1]()
            if body is None:
                self.send_error(503, explain="no worker has told of itself yet")
                return
            self._answer(200, {"Content-Type": content_type}, body)

        def do_POST(self) -> None:
            if not self._lets_in():
                return
            size, name = self.headers.get("Content-Length", ""), self.path.removeprefix("/reports/")
            if accept is None or name == self.path:
                self.send_error(404)
            elif not size.isdecimal() or int(size) > MOST_BYTES or not accept(name, self.rfile.read(int(size))):
                self.send_error(400, explain=f"a report in JSON of at most {MOST_BYTES} bytes is wanted")
            else:
                self.send_response(204)
                self.end_headers()

        def _lets_in(self) -> bool:
            if guard.lets_in(self.path, self.headers.get("Authorization", "")):
                return True
            self._answer(401, {"Content-Type": TEXT, "WWW-Authenticate": "Bearer"}, REFUSAL.encode())
            return False

        def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Says nothing: a line for each probe would bury the training's own."""

    return Handler
