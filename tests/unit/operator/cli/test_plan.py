"""What `explain-plan` says before a job is submitted, and the quantities that it adds up."""

from fractions import Fraction

import pytest

from lsml_operator.cli.plan import plan_of
from lsml_operator.cli.quantities import amount, size
from lsml_operator.cli.show.plan import plan_screen
from unit.operator.builders import a_spec
from unit.operator.cli.seen import shown

AMOUNTS: dict[str | int, Fraction] = {
    2: Fraction(2),
    "500m": Fraction(1, 2),
    "4Gi": Fraction(2**32),
    "1.5G": Fraction(1_500_000_000),
    "1e3": Fraction(1000),
    "1E": Fraction(10**18),
    "1E2": Fraction(100),
    "0.5": Fraction(1, 2),
}


@pytest.mark.parametrize(("quantity", "wanted"), AMOUNTS.items(), ids=str)
def test_amount(quantity: str | int, wanted: Fraction) -> None:
    assert amount(quantity) == wanted


@pytest.mark.parametrize(("count", "wanted"), [(0, "0"), (12, "12"), (1536, "1.5Ki"), (2**34, "16Gi")])
def test_size(count: int, wanted: str) -> None:
    assert size(Fraction(count)) == wanted


TEAM = """
Job          iris: svm on pvc://data/a.csv, label target
Pods         3 workers, 1 coordinator; it begins as soon as 1 runs, and may be scaled to 8
Worker       cpu 2 · memory 1Gi (at most 4Gi) · nvidia.com/gpu 1
Coordinator  cpu 50m · memory 64Mi (at most 256Mi)
Kept free    cpu 6.05 · memory 3.062Gi · nvidia.com/gpu 3 for 3 workers
             cpu 16.05 · memory 8.062Gi · nvidia.com/gpu 8 for 8 workers
Shards       8; a worker holds 2 or 3
Claims       models (written), data (read)
Data         1,000,000 rows x 1,000 features: 7.451Gi as float64, 2.484Gi a worker
Time         not known before it runs; it fails after 7,200 s
Cost         1.50 an hour, at most 8.00 until its deadline
"""


def test_a_team() -> None:
    resources = {"limits": {"cpu": 2, "memory": "4Gi", "nvidia.com/gpu": 1}, "requests": {"memory": "1Gi"}}
    spec = a_spec(output="pvc://models/iris", deadline_s=7200) | {
        "data": {"train": {"uri": "pvc://data/a.csv"}},
        "workers": {"replicas": 3, "max": 8, "resources": resources},
    }
    assert shown(plan_screen(plan_of("iris", spec, (1_000_000, 1_000)), 0.5), 100) == TEAM.strip("\n")


PREDICTION = """
Job          named: predictions of pvc://rows/*.csv with the model pvc://models/iris
Pods         2 workers, 1 coordinator; it begins as soon as 1 runs, and may be scaled to 2
"""


def test_a_prediction() -> None:
    predict = {"data": {"uri": "pvc://rows/*.csv"}, "output": "pvc://models/named"}
    spec = {"model": {"from": "pvc://models/iris"}, "predict": predict, "workers": {"replicas": 2}}
    lines = shown(plan_screen(plan_of("named", spec, None), None), 100)
    assert lines.startswith(PREDICTION.strip("\n"))
    assert "Shards" not in lines
    assert "models (written), rows (read)" in lines


ALONE = """
Job        iris: svm on builtin://iris, label target
Pods       1 worker; it cannot be scaled
Worker     cpu 500m · memory 1Gi (at most 2Gi)
Kept free  cpu 0.5 · memory 1Gi for 1 worker
Shards     1; a worker holds 1
Data       150 rows x 4 features: 4.688Ki as float64, 4.688Ki a worker
Time       not known before it runs; without a limit (activeDeadlineSeconds)
Cost       that of 1 worker; --price says what one costs in an hour
"""


def test_a_worker_alone() -> None:
    assert shown(plan_screen(plan_of("iris", a_spec(), None), None), 100) == ALONE.strip("\n")


def test_more_than_a_worker_may_have_is_said() -> None:
    text = shown(plan_screen(plan_of("iris", a_spec(), (10**9, 4)), None), 160)
    assert "29.8Gi a worker, which is more than its limit of 2Gi takes at once" in text


def test_what_is_streamed_is_not_kept_at_once() -> None:
    spec = a_spec(data={"train": {"uri": "pvc://data/a.csv"}, "memory": "128Mi"})
    text = shown(plan_screen(plan_of("iris", spec, (10**9, 4)), None), 160)
    assert "29.8Gi a worker, of which it keeps 128Mi at a time (data.memory)" in text


def test_what_nobody_knows_is_not_made_up() -> None:
    spec = a_spec() | {"data": {"train": {"uri": "pvc://data/a.csv"}}}
    text = shown(plan_screen(plan_of("iris", spec, None), None), 120)
    assert "Data       not known before it is read; --rows and --features say it" in text


def test_workers_without_a_shard_are_told() -> None:
    spec = a_spec() | {
        "data": {"train": {"uri": "builtin://iris"}, "shards": 2},
        "workers": {"replicas": 3},
    }
    text = shown(plan_screen(plan_of("iris", spec, None), None), 120)
    assert "2; a worker holds 0 or 1; 1 of the workers have nothing to do" in text


def test_rows_that_are_made_are_known() -> None:
    spec = a_spec() | {"data": {"train": {"synthetic": {"kind": "regression", "rows": 1024, "features": 256}}}}
    text = shown(plan_screen(plan_of("iris", spec, None), None), 120)
    assert "1,024 rows x 256 features: 1Mi as float32, 1Mi a worker" in text
    assert "svm on rows that are made, label target" in text
