"""The screens of `status`, `watch` and `top`, compared whole."""

from dataclasses import replace

import pytest

from lsml_operator.api.crd import COLUMNS
from lsml_operator.cli.reading import Seen
from lsml_operator.cli.show.facts import facts
from lsml_operator.cli.show.job import status_screen, watch_screen
from lsml_operator.cli.show.pods import workers_table
from lsml_operator.cli.show.top import ORDERS, rows_of, table
from lsml_operator.view.words import age, dig
from unit.operator.builders import Json, a_pod_body, ago
from unit.operator.cli.seen import NOW, a_running_job, a_seen, a_succeeded_job, shown

STATUS = """
iris  team  Running
training with 2 of 3 workers: worker 2 is tried again in 40 s

Task      svm (linear) on builtin://iris, label target
Progress  ━━━━━━━━━━━━━━━━━━━━━━━━━                63%
          step 630 of 1,000 · epoch 3 · 4,311 rows · 81,200 rows/s · 2m10s left
Metrics   loss 0.1234 · accuracy 0.98
Restarts  1 crash · 2 evictions
Time      created 5m10s ago · started 5m ago

WORKER  STATE    ATTEMPT  NODE    WHY
w0      Running  0        node-a
w1      Running  2        node-b
w2      Waiting  1                back-off: tried again in 40s

CONDITION  STATUS  REASON   SINCE  MESSAGE
Ready      True    Running  1m     training with 2 of 3 workers

AGE    EVENT          WHAT
5m     Starting       1 of 3 workers run
4m50s  Running        training
45s    WorkerCrashed  worker 2 (attempt 0) ended: exit code 1 (Error) (x2)
"""
WATCH = """
iris  team  Running
training with 2 of 3 workers: worker 2 is tried again in 40 s

Task      svm (linear) on builtin://iris, label target
Progress  ━━━━━━━━━━━━━━━━━━━━━━━━━                63%
          step 630 of 1,000 · epoch 3 · 4,311 rows · 81,200 rows/s · 2m10s left
Metrics   loss 0.1234 · accuracy 0.98
Loss      █▄▂▁▁ 2 → 0.1234
Restarts  1 crash · 2 evictions
Time      created 5m10s ago · started 5m ago

WORKER  STATE    ATTEMPT  NODE    WHY
w0      Running  0        node-a
w1      Running  2        node-b
w2      Waiting  1                back-off: tried again in 40s

AGE    EVENT          WHAT
5m     Starting       1 of 3 workers run
4m50s  Running        training
45s    WorkerCrashed  worker 2 (attempt 0) ended: exit code 1 (Error) (x2)
"""
SUCCEEDED = """
iris  team  Succeeded
every worker is done

Task        svm (linear) on builtin://iris, label target
Progress    ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ 100%
            step 1,000 of 1,000
Metrics     loss 0.1
Evaluation  accuracy 0.9667 on 30 held-out rows
Model       pvc://models/iris  sha256:abababababab…
Time        created 1m40s ago · started 1m30s ago · ended 50s ago · took 40s

CONDITION  STATUS  REASON     SINCE  MESSAGE
Complete   True    Completed  1m     every worker is done
"""


def test_status() -> None:
    assert shown(status_screen(a_seen(), NOW)) == STATUS.strip("\n")


def test_watch() -> None:
    losses = [2.0, 1.0, 0.5, 0.25, 0.1234]
    assert shown(watch_screen(a_seen(), NOW, losses, 40)) == WATCH.strip("\n")


def test_status_of_a_job_that_has_succeeded() -> None:
    assert shown(status_screen(Seen(a_succeeded_job()), NOW)) == SUCCEEDED.strip("\n")


def test_a_job_that_no_operator_has_seen() -> None:
    job = {key: value for key, value in a_running_job().items() if key != "status"}
    first, *_ = shown(status_screen(Seen(job), NOW)).splitlines()
    assert first == "iris  team  not seen by an operator yet"


def test_a_status_of_an_older_specification_says_so() -> None:
    first, *_ = shown(status_screen(Seen(a_running_job(observedGeneration=0)), NOW)).splitlines()
    assert first == "iris  team  Running  (of the specification before the last change)"


def test_what_a_newer_operator_adds_is_shown_all_the_same() -> None:
    job = a_running_job(tutor={"name": "ann", "waitingSeconds": 12.0}, checkpoint={"uri": "pvc://models/a"}, goodput={})
    text = shown(facts(job, NOW))
    assert "Tutor       name ann · waiting seconds 12" in text
    assert "Checkpoint  pvc://models/a\n" in text
    assert "Goodput" not in text


PARTS_TOLD = """
Autoscale   4 workers are as many as pay · 3 gave 61,000 rows/s · 4 gave 81,200 rows/s
Checkpoint  pvc://models/a · step 1,100 · 40s ago · 50Mi
Cost        1.23 USD
Goodput     87%: 10m12s productive · 41s starting · 33s waiting for machines or people
"""


def test_parts_of_a_status_are_told_as_people_say_them() -> None:
    measured = [{"workers": 3, "samplesPerSecond": 61000.0}, {"workers": 4, "samplesPerSecond": 81200.0}]
    job = a_running_job(
        autoscale={"workers": 4, "replicas": 1, "efficiency": 0.5, "settled": True, "measured": measured},
        checkpoint={"uri": "pvc://models/a", "step": 1100, "time": ago(40), "bytes": 50 * 2**20},
        cost={"amount": 1.2345, "currency": "USD"},
        goodput={"ratio": 0.874, "productiveSeconds": 612.0, "startingSeconds": 41.0, "waitingSeconds": 33.0},
    )
    assert PARTS_TOLD.strip("\n") in shown(facts(job, NOW), 100)


def test_foreign_words_do_not_steer_the_terminal() -> None:
    text = shown(status_screen(replace(a_seen(), job=a_running_job(diagnosis="bad \x1b[2J\x07 [bold]end")), NOW))
    assert "bad \ufffd[2J\ufffd [bold]end" in text


def test_nothing_is_lost_in_a_narrow_terminal() -> None:
    narrow = shown(status_screen(a_seen(), NOW), 40)
    assert max(map(len, narrow.splitlines())) <= 40
    assert "".join(["tried", "again", "in", "40", "s"]) in "".join(narrow.split())


PODS: dict[str, tuple[Json, str]] = {
    "an image that cannot be pulled": (
        a_pod_body(0, "Pending", waiting={"reason": "ImagePullBackOff", "message": "not found"}),
        "ImagePullBackOff: not found",
    ),
    "no machine": (
        a_pod_body(
            0,
            "Pending",
            status={
                "containerStatuses": [],
                "conditions": [
                    {
                        "type": "PodScheduled",
                        "status": "False",
                        "reason": "Unschedulable",
                        "message": "0/1 nodes are available",
                    }
                ],
            },
        ),
        "Unschedulable: 0/1 nodes are available",
    ),
    "its last words": (
        a_pod_body(
            0,
            "Failed",
            terminated={"exitCode": 3, "reason": "Error", "message": '{"reason":"Diverged","message":"loss is NaN"}'},
        ),
        "Error (exit code 3): Diverged: loss is NaN",
    ),
    "out of memory": (
        a_pod_body(0, "Failed", terminated={"exitCode": 137, "reason": "OOMKilled"}),
        "OOMKilled (exit code 137)",
    ),
    "evicted": (
        a_pod_body(0, "Failed", status={"containerStatuses": [], "reason": "Evicted", "message": "low on memory"}),
        "Evicted: low on memory",
    ),
    "it runs": (a_pod_body(0), ""),
}


@pytest.mark.parametrize(("pod", "why"), PODS.values(), ids=PODS)
def test_why_a_worker_does_not_run(pod: Json, why: str) -> None:
    job = a_running_job({"index": 0, "attempt": 0, "state": "Pending"})
    _, row = shown(workers_table(job, [pod], NOW), 120).splitlines()
    assert row == f"w0      Pending  0              {why}".rstrip()


def test_of_many_workers_those_that_do_not_run_are_shown() -> None:
    states = ["Running"] * 40 + ["Pending"] + ["Running"] * 20
    job = a_running_job(*({"index": n, "attempt": 0, "state": state} for n, state in enumerate(states)))
    lines = shown(workers_table(job, [], NOW, most=3)).splitlines()
    assert [line.split()[0] for line in lines] == ["WORKER", "w0", "w1", "w40", "and"]
    assert lines[-1] == "and 58 more"


@pytest.mark.parametrize("lines", [30, 40, 60])
def test_a_watch_of_many_workers_fits_into_the_terminal(lines: int) -> None:
    job = a_running_job(*({"index": n, "attempt": 0, "state": "Running"} for n in range(64)))
    screen = shown(watch_screen(a_seen(job), NOW, [2.0, 1.0], lines), 100)
    assert len(screen.splitlines()) + 2 <= lines


def test_a_pod_that_is_no_worker_is_shown_by_its_name() -> None:
    coordinator = a_pod_body(0)
    coordinator["metadata"] |= {"name": "iris-coordinator", "labels": {}}
    _, row = shown(workers_table(a_running_job() | {"status": {}}, [coordinator], NOW)).splitlines()
    assert row.split() == ["coordinator", "Running"]


# top


def a_list() -> list[Json]:
    """Four jobs, none of them like another, by the columns of the API server."""
    jobs = [a_running_job(), a_succeeded_job(), a_running_job(), a_running_job()]
    for name, job, lost in zip(("mid", "done", "bad", "new"), jobs, (3, 0, 7, 0), strict=True):
        job["metadata"]["name"] = name
        job["status"]["summary"]["restarts"] = lost
    jobs[2]["status"] |= {"phase": "Failed", "diagnosis": "the loss is not finite"}
    jobs[2]["status"]["summary"] |= {"progress": "5%", "loss": None, "eta": None}
    jobs[3].pop("status")
    jobs[3]["metadata"]["creationTimestamp"] = ago(3)
    return [cells_of(job) for job in jobs]


def cells_of(job: Json) -> Json:
    """As the API server fills the columns in."""
    found = {title: dig(job, path.removeprefix(".")) for title, _, path, *_ in COLUMNS}
    named = {"Namespace": job["metadata"]["namespace"], "Name": job["metadata"]["name"]}
    return {**found, **named, "Age": age(found["Age"], NOW)}


TOP = """
NAME  PHASE      WORKERS  PROGRESS  LOSS    ETA    RESTARTS  AGE    MESSAGE
bad   Failed     2/3      5%        -       -      7         5m10s  the loss is not finite
new   Unseen     -        -         -       -      -         3s
mid   Running    2/3      63%       0.1234  2m10s  3         5m10s  training with 2 of 3 workers: worker 2 is tr…
done  Succeeded  0/0      100%      0.1     -      0         1m40s  every worker is done
4 jobs: 1 Failed, 1 Unseen, 1 Running, 1 Succeeded
"""


def test_top() -> None:
    assert table(rows_of(a_list()), False, 113, None).plain == TOP.lstrip("\n").rstrip("\n")


def test_top_in_a_narrow_terminal_leaves_the_sentence_out() -> None:
    lines = table(rows_of(a_list()), False, 80, None).plain.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[1] == "bad   Failed     2/3      5%        -       -      7         5m10s"


def test_top_of_nothing() -> None:
    assert table([], False, 80, "team").plain == "there are no TrainingJobs in namespace team"


SORTED = {
    "name": ["bad", "done", "mid", "new"],
    "phase": ["bad", "new", "mid", "done"],
    "workers": ["bad", "mid", "done", "new"],
    "progress": ["new", "bad", "mid", "done"],
    "loss": ["done", "mid", "bad", "new"],
    "eta": ["mid", "bad", "done", "new"],
    "restarts": ["bad", "mid", "done", "new"],
    "age": ["new", "done", "bad", "mid"],
}


@pytest.mark.parametrize("order", ORDERS)
def test_the_order_of_top(order: str) -> None:
    assert [row.name for row in rows_of(a_list(), order)] == SORTED[order]
    assert [row.name for row in rows_of(a_list(), order, reverse=True)][:1] != SORTED[order][:1]
