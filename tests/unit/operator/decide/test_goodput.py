"""Where a job's time went, against sums by hand."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lsml_operator.api.status import Condition, Cost, Goodput, Progress, Restarts, Status, Summary, WorkersStatus
from lsml_operator.decide import decide
from lsml_operator.decide.goodput import account_of, settled
from lsml_operator.settings import Settings
from unit.operator.builders import NOW, a_pod, a_worker, a_world, ago

PRICED = Settings("lsml/trainer:1", prices={"cpu": 0.04, "memory": 0.01, "nvidia.com/gpu": 2.0}, currency="EUR")
FREE = Settings("lsml/trainer:1")
TWO_CPUS_4GI_1_GPU = {"limits": {"cpu": "2", "memory": "4Gi", "nvidia.com/gpu": 1}}


def a_condition(type_: str, reason: str = "Because", status: str = "True") -> Condition:
    return Condition.model_validate(
        {
            "type": type_,
            "status": status,
            "reason": reason,
            "message": "so",
            "last_transition_time": ago(60),
            "observed_generation": 1,
        }
    )


def a_status(phase: str = "Running", *, step: int = 10, running: int = 2, since_s: float = 30, **fields: Any) -> Status:
    return Status(
        phase=phase,
        start_time=ago(100),
        summary=Summary(workers="2/2"),
        workers=WorkersStatus(desired=2, running=running),
        restarts=Restarts(),
        **{
            "progress": Progress(step=step, updated_at=ago(since_s)),
            "goodput": Goodput(updated_at=ago(since_s)),
            **fields,
        },
    )


ACCOUNTS: dict[str, tuple[Status, str | None]] = {
    "not started": (Status(phase="Pending"), None),
    "its workers are being started": (a_status("Pending", step=0), "starting_seconds"),
    "it runs, and has made no step": (a_status(step=0), "starting_seconds"),
    "it trains": (a_status(), "productive_seconds"),
    "no machine": (
        a_status("Pending", conditions=(a_condition("Ready", "Unschedulable", "False"),)),
        "waiting_seconds",
    ),
    "somebody must put it right": (a_status("Pending", conditions=(a_condition("Stalled"),)), "waiting_seconds"),
    "it waits for the next attempt": (a_status("Restarting"), "recovering_seconds"),
    "too few are left": (a_status("Pending", conditions=(a_condition("Degraded"),)), "recovering_seconds"),
    "it ended": (a_status("Succeeded", completion_time=ago(1)), None),
    "it is suspended": (a_status("Suspended").model_copy(update={"start_time": None}), None),
}


@pytest.mark.parametrize(("status", "account"), ACCOUNTS.values(), ids=ACCOUNTS)
def test_each_moment_belongs_to_one_account(status: Status, account: str | None) -> None:
    assert account_of(status, is_program=False) == account


def test_a_program_that_says_nothing_is_productive_while_it_runs() -> None:
    silent = a_status(progress=None)
    assert account_of(silent, is_program=True) == "productive_seconds"
    assert account_of(silent, is_program=False) == "starting_seconds"
    assert account_of(a_status(step=0), is_program=True) == "starting_seconds", "this one says that it has not begun"
    assert account_of(a_status("Pending", progress=None), is_program=True) == "starting_seconds"


def later(status: Status, **fields: Any) -> Status:
    """The same, with something new to say."""
    return status.model_copy(update={"diagnosis": "news", **fields})


def test_the_time_since_the_last_entry_is_entered_by_what_was_true_then() -> None:
    stored = a_status(since_s=30, running=2)
    following = later(stored, phase="Restarting")
    found = settled(a_world(stored, resources=TWO_CPUS_4GI_1_GPU), following, PRICED)
    assert found.goodput is not None
    assert found.goodput.model_dump(exclude={"updated_at"}, exclude_defaults=True) == {
        "ratio": 1.0,
        "productive_seconds": 30.0,
        "worker_seconds": 60.0,
    }
    # 2 CPUs at 0.04, 4 GiB at 0.01 and a GPU at 2.0 an hour are 2.12; two workers for 30 s are 60 s of it.
    assert found.cost == Cost(amount=round(60 / 3600 * 2.12, 6), currency="EUR")
    assert found.summary == Summary(workers="2/2", goodput="100%", cost="0.04 EUR")


def test_the_ratio_is_the_share_of_productive_time() -> None:
    stored = a_status(since_s=10, goodput=Goodput(starting_seconds=5, waiting_seconds=15, updated_at=ago(10)))
    found = settled(a_world(stored), later(stored), FREE)
    assert found.goodput is not None
    assert found.goodput.ratio == round(10 / 30, 4)
    assert found.cost is None


def test_where_nothing_is_new_nothing_is_written() -> None:
    stored = settled(a_world(a_status()), later(a_status()), FREE)
    assert settled(a_world(stored, now=NOW + timedelta(seconds=59)), stored, FREE) == stored


def test_a_job_that_runs_is_charged_each_minute_by_the_machines_that_it_has_then() -> None:
    stored = settled(a_world(a_status()), later(a_status()), FREE)
    found = settled(a_world(stored, now=NOW + timedelta(seconds=60)), stored, FREE)
    assert found.goodput is not None
    assert stored.goodput is not None
    assert found.goodput.worker_seconds == stored.goodput.worker_seconds + 2 * 60
    one = WorkersStatus(desired=1, running=1, members=(a_worker(),))
    assert decide(a_world(stored.model_copy(update={"workers": one}), a_pod()), FREE).wake_seconds == 60
    waits = settled(a_world(a_status("Pending")), later(a_status("Pending")), FREE)
    assert settled(a_world(waits, now=NOW + timedelta(hours=9)), waits, FREE) == waits


def test_a_clock_that_was_set_back_takes_nothing_away() -> None:
    stored = a_status(since_s=-3600)
    found = settled(a_world(stored), later(stored), FREE)
    assert found.goodput is not None
    assert found.goodput.productive_seconds == 0


def test_suspended_time_is_in_no_account_and_the_ledger_is_kept() -> None:
    stored = a_status("Suspended", goodput=Goodput(productive_seconds=7, updated_at=ago(500)))
    stored = stored.model_copy(update={"start_time": None})
    found = settled(a_world(stored), later(stored, phase="Pending", start_time=ago(0)), FREE)
    assert found.goodput is not None
    assert (found.goodput.productive_seconds, found.goodput.worker_seconds) == (7, 0)


def test_a_job_that_starts_opens_its_ledger() -> None:
    found = settled(a_world(Status()), later(a_status(goodput=None)), FREE)
    assert found.goodput is not None
    assert found.goodput.worker_seconds == 0


LIVES = st.lists(st.tuples(st.sampled_from(sorted(ACCOUNTS)), st.integers(0, 8), st.integers(0, 10_000)), max_size=20)
"""How a job stood, with how many running workers, for how many milliseconds."""


@settings(deadline=None)
@given(LIVES)
def test_the_ledger_and_the_cost_are_those_of_a_clock_that_ran_beside(life: list[tuple[str, int, int]]) -> None:
    now, ledger, cost = NOW, Goodput(updated_at=ago(0)), None
    by_the_clock = {
        "productive_seconds": 0.0,
        "starting_seconds": 0.0,
        "waiting_seconds": 0.0,
        "recovering_seconds": 0.0,
    }
    worker_seconds = paid_seconds = 0.0
    for name, running, milliseconds in life:
        status, account = ACCOUNTS[name]
        workers = WorkersStatus(desired=8, running=running)
        stored = status.model_copy(update={"goodput": ledger, "cost": cost, "workers": workers})
        now += timedelta(milliseconds=milliseconds)
        found = settled(a_world(stored, now=now, resources=TWO_CPUS_4GI_1_GPU), later(stored), PRICED)
        assert found.goodput is not None
        ledger, cost = found.goodput, found.cost
        paid_seconds += running * milliseconds / 1000
        if account is not None:
            by_the_clock[account] += milliseconds / 1000
            worker_seconds += running * milliseconds / 1000
    assert {name: getattr(ledger, name) for name in by_the_clock} == pytest.approx(by_the_clock, abs=0.02)
    assert ledger.worker_seconds == pytest.approx(worker_seconds, abs=0.02)
    assert (cost.amount if cost else 0.0) == pytest.approx(paid_seconds / 3600 * 2.12, abs=2e-5)
