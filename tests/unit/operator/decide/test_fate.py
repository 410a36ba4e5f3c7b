"""What became of a worker, read from what its pod shows."""

import pytest

from lsml_operator.api.status import WorkerStatus
from lsml_operator.decide.fate import Fate, ending, fate, last_words
from lsml_operator.world import Member, Pod
from unit.operator.builders import a_pod, a_report, a_worker, an_ended_pod, an_ending

RAN = a_worker()
SAID_INVALID = an_ending("InvalidSpec", "gamma is negative")
SAID_DIVERGED = an_ending("Diverged", "the loss is not finite")

CASES: dict[str, tuple[WorkerStatus, Pod | None, Fate]] = {
    # without a pod
    "not made yet": (a_worker(state="Creating"), None, Fate.ALIVE),
    "its back-off runs": (a_worker(state="Waiting"), None, Fate.ALIVE),
    "it was pending, and is gone": (a_worker(state="Pending"), None, Fate.EVICTED),
    "it ran, and is gone": (RAN, None, Fate.EVICTED),
    "it ended, and is gone before anybody judged it": (a_worker(state="Ended"), None, Fate.EVICTED),
    # alive
    "pending": (RAN, a_pod(0, "Pending"), Fate.ALIVE),
    "running": (RAN, a_pod(), Fate.ALIVE),
    "its node does not answer": (RAN, a_pod(0, "Unknown"), Fate.ALIVE),
    "to be disrupted, but it still runs": (RAN, a_pod(disruption="EvictionByEvictionAPI"), Fate.ALIVE),
    # somebody's doing
    "it runs and is being deleted": (RAN, a_pod(deleting=True), Fate.EVICTED),
    "it waits and is being deleted": (RAN, a_pod(0, "Pending", deleting=True), Fate.EVICTED),
    "asked to leave": (RAN, an_ended_pod(143), Fate.EVICTED),
    "killed when its machine was taken": (RAN, an_ended_pod(137, disruption="DeletionByTaintManager"), Fate.EVICTED),
    "crashed when its machine was taken": (RAN, an_ended_pod(1, disruption=""), Fate.EVICTED),
    "evicted by its node, no exit code": (RAN, an_ended_pod(None, pod_reason="Evicted"), Fate.EVICTED),
    "evicted by its node, killed": (RAN, an_ended_pod(137, pod_reason="Evicted"), Fate.EVICTED),
    "refused by its node": (RAN, an_ended_pod(None, pod_reason="UnexpectedAdmissionError"), Fate.EVICTED),
    "lost with its node": (RAN, an_ended_pod(None, pod_reason="NodeLost"), Fate.EVICTED),
    # done
    "done": (RAN, an_ended_pod(0), Fate.DONE),
    "done, before its pod says so": (RAN, an_ended_pod(0, phase="Running"), Fate.DONE),
    "done, and being deleted": (RAN, an_ended_pod(0, deleting=True), Fate.DONE),
    "done, and its machine is taken": (RAN, an_ended_pod(0, disruption="TerminationByKubelet"), Fate.DONE),
    # its own doing
    "exit code 1": (RAN, an_ended_pod(1), Fate.CRASHED),
    "exit code 1, before its pod says so": (RAN, an_ended_pod(1, phase="Running"), Fate.CRASHED),
    "exit code 1, and being deleted": (RAN, an_ended_pod(1, deleting=True), Fate.CRASHED),
    "killed by somebody": (RAN, an_ended_pod(137), Fate.CRASHED),
    "something around it failed": (RAN, an_ended_pod(75, said=an_ending("OutputUnavailable")), Fate.CRASHED),
    "segmentation fault": (RAN, an_ended_pod(139), Fate.CRASHED),
    "out of memory": (RAN, an_ended_pod(137, container_reason="OOMKilled"), Fate.OUT_OF_MEMORY),
    "out of memory on a node that drains": (
        RAN,
        an_ended_pod(137, container_reason="OOMKilled", disruption="EvictionByEvictionAPI"),
        Fate.OUT_OF_MEMORY,
    ),
    "the spec is wrong": (RAN, an_ended_pod(2, said=SAID_INVALID), Fate.INVALID),
    "the loss is not finite": (RAN, an_ended_pod(3, said=SAID_DIVERGED), Fate.DIVERGED),
    "2 from a shell": (RAN, an_ended_pod(2, said="sh: syntax error"), Fate.CRASHED),
    "2 and not a word": (RAN, an_ended_pod(2), Fate.CRASHED),
    "3 and an ending that is cut short": (RAN, an_ended_pod(3, said=SAID_DIVERGED.to_json()[:-5]), Fate.CRASHED),
    "1 with an ending is still a crash": (RAN, an_ended_pod(1, said=SAID_INVALID), Fate.CRASHED),
}


@pytest.mark.parametrize(("intended", "pod", "wanted"), CASES.values(), ids=CASES)
def test_fate(intended: WorkerStatus, pod: Pod | None, wanted: Fate) -> None:
    assert fate(Member(intended, pod)) is wanted


def test_any_other_exit_code_without_words_is_a_crash() -> None:
    fates = {code: fate(Member(RAN, an_ended_pod(code))) for code in range(256)}
    assert {code: became for code, became in fates.items() if became is not Fate.CRASHED} == {
        0: Fate.DONE,
        143: Fate.EVICTED,
    }


WORDS: dict[str, tuple[Pod | None, str]] = {
    "gone": (None, "its pod was deleted"),
    "an ending": (an_ended_pod(2, said=SAID_INVALID), "InvalidSpec: gamma is negative"),
    "an ending with a traceback": (
        an_ended_pod(1, said=an_ending("InternalError", "boom", traceback="File x\nKeyError")),
        "InternalError: boom\nFile x\nKeyError",
    ),
    "a disruption": (an_ended_pod(143, disruption="PreemptionByScheduler"), "PreemptionByScheduler"),
    "a disruption without a reason": (an_ended_pod(143, disruption=""), "disrupted"),
    "being deleted": (a_pod(deleting=True), "its pod was deleted"),
    "on a node that is lost": (
        a_pod(deleting=True, node="node-1", node_is_silent=True, disruption="DeletionByTaintManager"),
        "its node node-1 does not answer",
    ),
    "refused by its node": (an_ended_pod(None, pod_reason="OutOfcpu"), "OutOfcpu"),
    "no reason at all": (an_ended_pod(None), "its node gave it up"),
    "an exit code": (an_ended_pod(139), "exit code 139 (SIGSEGV)"),
    "an exit code and a reason": (an_ended_pod(1, container_reason="Error"), "exit code 1 (Error)"),
    "the end of its log": (
        an_ended_pod(1, container_reason="Error", said="x" * 500 + "\nSegmentation fault\n"),
        f"exit code 1 (Error): {'x' * 381}\nSegmentation fault",
    ),
}


@pytest.mark.parametrize(("pod", "wanted"), WORDS.values(), ids=WORDS)
def test_last_words(pod: Pod | None, wanted: str) -> None:
    assert last_words(pod) == wanted


def test_an_ending_is_read_from_the_termination_message() -> None:
    said = an_ending(report=a_report())
    assert ending(an_ended_pod(0, said=said)) == said
    assert ending(an_ended_pod(0, said="Killed")) is None
    assert ending(an_ended_pod(0)) is None
    assert ending(None) is None
