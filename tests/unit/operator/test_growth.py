"""A job that grows while that pays, on a cluster in memory: it ends with as many workers as its speed allows."""

import random
from collections.abc import Callable
from datetime import timedelta

import pytest

from lsml_trainer.spec import Report, Teammate
from unit.operator.builders import a_job, a_progress, a_report
from unit.operator.simulation import Cluster, Fault, Operator

Speed = Callable[[int], float]
MOST = 8


class Growing(Cluster):
    """Its workers run for ever, so many together at a speed."""

    def __init__(self, speed: Speed, replicas: int = 1) -> None:
        super().__init__({(index, 0): "runs" for index in range(MOST)}, replicas)
        self._speed = speed
        self.job = a_job(replicas=replicas, most=MOST, efficiency=0.7)

    def report(self) -> Report | None:
        running = [pod for pod in self.pods.values() if pod.phase == "Running" and not pod.coordinates]
        if not running:
            return None
        team = tuple(Teammate(name=f"w{pod.index}-{pod.attempt}", stage="Training", step=1) for pod in running)
        return a_report(progress=a_progress(samples_per_second=self._speed(len(running))), team=team)


def grown(speed: Speed, *, replicas: int = 1, looks: int = 220, fault: Fault | None = None) -> Growing:
    """After so many looks, one each five seconds."""
    cluster = Growing(speed, replicas)
    operator = Operator(cluster)
    for number in range(looks):
        operator.see_job()
        operator.see_pods()
        operator.look(fault if number % 3 else None)
        cluster.advance()
        cluster.now += timedelta(seconds=5)
    return cluster


def linear(workers: int) -> float:
    return 1000.0 * workers


def saturating(workers: int) -> float:
    """Four at 900 each; a fifth brings a tenth of that."""
    return 900.0 * min(workers, 4) + 90.0 * max(0, workers - 4)


def noisy(speed: Speed, seed: int) -> Speed:
    """Each reading is off by up to a twentieth, and one in ten is a hiccup."""
    chance = random.Random(seed)  # noqa: S311  (no secret)

    def read(workers: int) -> float:
        return speed(workers) * (0.3 if chance.random() < 0.1 else chance.uniform(0.95, 1.05))

    return read


ENDS: dict[str, tuple[Speed, int]] = {
    "linear: as many as allowed": (linear, MOST),
    "saturating: four": (saturating, 4),
    "nobody helps: one": (lambda _: 1000.0, 1),
    "each hinders: one": (lambda workers: 1000.0 / workers, 1),
    **{f"noisy, saturating, seed {seed}": (noisy(saturating, seed), 4) for seed in range(2)},
}


@pytest.mark.parametrize(("speed", "wanted"), ENDS.values(), ids=ENDS)
def test_it_ends_with_as_many_as_pay(speed: Speed, wanted: int) -> None:
    cluster = grown(speed)
    assert cluster.job.status.workers.running == wanted
    assert len(cluster.pods) == wanted + 1  # and the coordinator's
    assert max(pod.index for pod in cluster.pods.values()) == wanted - 1
    assert sum(cluster.job.status.restarts.model_dump().values()) == 0
    assert cluster.job.raw_spec["workers"]["replicas"] == 1


def test_an_operator_that_is_killed_in_two_of_three_looks_grows_it_all_the_same() -> None:
    cluster = grown(saturating, fault=Fault(1, "killed after"))
    assert cluster.job.status.workers.running == 4


def test_a_number_that_somebody_writes_is_kept_and_grown_from() -> None:
    assert grown(saturating, replicas=6, looks=18).job.status.workers.desired == 7
    assert grown(saturating, replicas=6).job.status.workers.desired == 6


def test_it_grows_no_more_while_a_worker_waits_for_a_machine() -> None:
    class Full(Growing):
        def advance(self) -> None:
            waiting = {name: pod for name, pod in self.pods.items() if pod.index == 2}
            super().advance()
            self.pods |= waiting

    cluster = Full(linear)
    operator = Operator(cluster)
    for _ in range(120):
        operator.see_job()
        operator.see_pods()
        operator.look()
        cluster.advance()
        cluster.now += timedelta(seconds=5)
    assert (cluster.job.status.workers.running, cluster.job.status.workers.desired) == (2, 3)
