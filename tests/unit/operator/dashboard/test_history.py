"""The course of a job: a point for each thing that is new, bounded, with every disturbance marked."""

from typing import Any

from lsml_operator.dashboard.history import History
from unit.operator.builders import Json, a_job_body


def a_job(step: int, *, running: int = 2, metrics: dict[str, float] | None = None, **restarts: int) -> Json:
    named = [{"name": name, "value": value} for name, value in (metrics or {"loss": 1 / (1 + step)}).items()]
    progress = {"percent": float(step), "step": step, "samplesPerSecond": 10.0, "metrics": named}
    workers = {"desired": 2, "running": running, "pending": 2 - running}
    return a_job_body(status={"progress": progress, "workers": workers, "restarts": {"crashes": 0, **restarts}})


def seen(*jobs: Json, most: int = 512) -> dict[str, Any]:
    """The history of a job that was seen once a second."""
    history = History(most)
    for second, job in enumerate(jobs):
        history.see(job, float(second))
    return history.as_json()


def test_columns_have_a_value_for_each_time() -> None:
    assert seen(a_job(0), a_job(1, running=1)) == {
        "seconds": [0.0, 1.0],
        "percent": [0.0, 1.0],
        "samplesPerSecond": [10.0, 10.0],
        "running": [2.0, 1.0],
        "desired": [2.0, 2.0],
        "metrics": {"loss": [1.0, 0.5]},
        "disturbances": [],
    }


def test_a_status_that_says_nothing_new_is_no_point() -> None:
    assert seen(a_job(0), a_job(0), a_job(1))["seconds"] == [0.0, 2.0]


def test_a_metric_that_comes_later_or_goes_is_not_known_meanwhile() -> None:
    found = seen(a_job(0), a_job(1, metrics={"loss": 2.0, "accuracy": 0.5}), a_job(2, metrics={"accuracy": 0.6}))
    assert found["metrics"] == {"loss": [1.0, 2.0, None], "accuracy": [None, 0.5, 0.6]}


def test_no_more_metrics_than_a_page_can_show() -> None:
    found = seen(a_job(0, metrics={f"m{i}": 1.0 for i in range(9)}))
    assert list(found["metrics"]) == ["m0", "m1", "m2", "m3", "m4", "m5"]


def test_a_full_history_keeps_its_whole_course_half_as_fine() -> None:
    found = seen(*(a_job(step) for step in range(100)), most=16)
    seconds = found["seconds"]
    assert len(seconds) <= 16
    assert seconds[-1] == 99.0
    assert seconds[0] < 20.0
    assert {len(found[name]) for name in ("percent", "running", "desired")} == {len(seconds)}
    assert found["percent"] == seconds


def test_what_was_replaced_before_it_was_first_seen_is_no_disturbance() -> None:
    assert seen(a_job(0, crashes=3), a_job(1, crashes=3))["disturbances"] == []


def test_each_further_restart_is_marked_with_its_cause() -> None:
    found = seen(a_job(0, crashes=3), a_job(1, crashes=5, evictions=1), a_job(2, crashes=5, evictions=1))
    assert found["disturbances"] == [
        {"seconds": 1.0, "cause": "crashes", "count": 2},
        {"seconds": 1.0, "cause": "evictions", "count": 1},
    ]


def test_a_job_without_a_status_has_no_history() -> None:
    assert seen(a_job_body())["seconds"] == []
