"""A plan as rows of a label and a sentence. Pure."""

from collections.abc import Iterator, Mapping
from fractions import Fraction

from rich.table import Table
from rich.text import Text

from lsml_operator.cli.plan import Plan, requested
from lsml_operator.cli.quantities import amount, size, written
from lsml_operator.cli.show.words import counted, plain
from lsml_operator.world import Object

Row = tuple[str, str]


def plan_screen(plan: Plan, price: float | None) -> Table:
    """All rows; `price` is of one worker for one hour, in whatever currency."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column(overflow="fold")
    for label, sentence in _rows(plan, price):
        grid.add_row(label, Text(plain(sentence)))
    return grid


def _rows(plan: Plan, price: float | None) -> Iterator[Row]:
    workers, container = plan.spec.workers, plan.spec.container
    yield "Job", f"{plan.name}: {_what(plan)}"
    yield "Pods", _pods(plan)
    yield "Worker", _resources(plan.worker)
    if plan.coordinator:
        yield "Coordinator", _resources(plan.coordinator)
    yield "Kept free", _total(plan.requests_of(workers.replicas), workers.replicas)
    if workers.most > workers.replicas:
        yield "", _total(plan.requests_of(workers.most), workers.most)
    if plan.spec.algorithm and not container:
        yield "Shards", _shards(plan)
    if plan.claims:
        yield "Claims", ", ".join(f"{name} ({'read' if only else 'written'})" for name, only in plan.claims.items())
    yield "Data", "a matter of the program's own" if container else _data(plan)
    yield "Time", _time(plan)
    yield "Cost", _cost(plan, price)


def _what(plan: Plan) -> str:
    if plan.spec.container is not None:
        return f"the program of {plan.spec.container.image}"
    if plan.spec.model is not None and plan.spec.predict is not None:
        return f"predictions of {plan.spec.predict.data.uri} with the model {plan.spec.model.source}"
    algorithm, data = plan.spec.learning
    train = data.train
    return f"{algorithm.kind} on {train.uri or 'rows that are made'}, label {train.label}"


def _pods(plan: Plan) -> str:
    workers = plan.spec.workers
    first = counted(workers.min, "runs", "run")
    bounds = f"; it begins as soon as {first}, and may be scaled to {workers.most}"
    head = counted(workers.replicas, "worker", "workers")
    return f"{head}, 1 coordinator{bounds}" if plan.coordinator else f"{head}; it cannot be scaled"


def _resources(resources: Object) -> str:
    limits: Mapping[str, int | str] = resources.get("limits") or {}
    return " · ".join(
        f"{name} {value}" + (f" (at most {limits[name]})" if limits.get(name, value) != value else "")
        for name, value in sorted(requested(resources).items())
    )


def _total(requests: Mapping[str, Fraction], workers: int) -> str:
    listed = " · ".join(f"{name} {written(name, value)}" for name, value in sorted(requests.items()))
    return f"{listed} for {counted(workers, 'worker', 'workers')}"


def _shards(plan: Plan) -> str:
    shards, workers = plan.spec.shards, plan.spec.workers.replicas
    least, most = shards // workers, -(-shards // workers)
    held = f"{least}" if least == most else f"{least} or {most}"
    idle = f"; {workers - shards} of the workers have nothing to do" if workers > shards else ""
    return f"{shards}; a worker holds {held}{idle}"


def _data(plan: Plan) -> str:
    if plan.shape is None or plan.data_bytes is None:
        return "not known before it is read; --rows and --features say it"
    rows, features = plan.shape
    each = Fraction(plan.data_bytes, min(plan.spec.workers.replicas, plan.spec.shards))
    total = size(Fraction(plan.data_bytes))
    sentence = f"{rows:,} rows x {features:,} features: {total} as {plan.dtype}, {size(each)} a worker"
    held = plan.spec.data.memory if plan.spec.data else None
    if held is not None and each > amount(held):
        return f"{sentence}, of which it keeps {held} at a time (data.memory)"
    limit = (plan.worker.get("limits") or {}).get("memory")
    if limit is not None and each > amount(limit):
        return f"{sentence}, which is more than its limit of {limit} takes at once"
    return sentence


def _time(plan: Plan) -> str:
    deadline = plan.spec.active_deadline_seconds
    limit = f"it fails after {deadline:,} s" if deadline else "without a limit (activeDeadlineSeconds)"
    return f"not known before it runs; {limit}"


def _cost(plan: Plan, price: float | None) -> str:
    workers, deadline = plan.spec.workers, plan.spec.active_deadline_seconds
    if price is None:
        return f"that of {counted(workers.replicas, 'worker', 'workers')}; --price says what one costs in an hour"
    sentence = f"{workers.replicas * price:,.2f} an hour"
    if deadline:
        return f"{sentence}, at most {workers.most * price * deadline / 3600:,.2f} until its deadline"
    return sentence
