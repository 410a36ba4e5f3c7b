"""What became of a worker: the end of its pod, read as the job must take it. Pure."""

from enum import Enum
from signal import Signals

from pydantic import ValidationError

from lsml_operator.world import Member, Pod
from lsml_trainer.spec import Ending, Exit


class Fate(Enum):
    """What became of a worker."""

    ALIVE = "alive"
    """It runs, or is about to."""
    DONE = "done"
    INVALID = "invalid"
    """The specification or the data are wrong: trying again would not help."""
    DIVERGED = "diverged"
    """The loss or the weights are not finite: trying again would not help."""
    CRASHED = "crashed"
    OUT_OF_MEMORY = "out of memory"
    EVICTED = "evicted"
    """Its machine was taken, or somebody deleted its pod; never a failure."""


def fate(member: Member) -> Fate:
    """What became of this worker."""
    pod = member.pod
    if pod is None:  # not made yet; or it was there, and is gone
        return Fate.ALIVE if member.intended.state in ("Waiting", "Creating") else Fate.EVICTED
    if pod.exit_code == Exit.DONE:
        return Fate.DONE
    if not pod.ended:
        return Fate.EVICTED if pod.deleting else Fate.ALIVE
    return _of_ended(pod)


def _of_ended(pod: Pod) -> Fate:
    if pod.container_reason == "OOMKilled":
        return Fate.OUT_OF_MEMORY
    # Without an exit code no container of it ended by itself: the node refused or lost the pod.
    if pod.disruption is not None or pod.pod_reason == "Evicted" or pod.exit_code in (None, Exit.ASKED_TO_LEAVE):
        return Fate.EVICTED
    # 2 and 3 are the worker's word only if it says why: a shell or an interpreter ends with 2, too.
    if ending(pod) is not None:
        if pod.exit_code == Exit.INVALID:
            return Fate.INVALID
        if pod.exit_code == Exit.DIVERGED:
            return Fate.DIVERGED
    return Fate.CRASHED


def runs(member: Member) -> bool:
    """Whether it is there and works."""
    return member.pod is not None and member.pod.phase == "Running" and fate(member) is Fate.ALIVE


def ending(pod: Pod | None) -> Ending | None:
    """What the worker said at its end, if it could."""
    if pod is None or pod.container_message is None:
        return None
    try:
        return Ending.model_validate_json(pod.container_message)
    except ValidationError:
        return None


def last_words(pod: Pod | None) -> str:
    """Why a worker ended, in one line for people."""
    if pod is None:
        return "its pod was deleted"
    said = ending(pod)
    if said is not None:
        return f"{said.reason}: {said.message}" + (f"\n{said.traceback}" if said.traceback else "")
    if pod.why_taken is not None:
        return pod.why_taken
    if pod.deleting:
        return "its pod was deleted"
    if pod.exit_code is None:
        return pod.pod_reason or "its node gave it up"
    words = (pod.container_message or "").strip()[-400:]
    why = _signal(pod.exit_code) or pod.container_reason
    named = f"exit code {pod.exit_code}" + (f" ({why})" if why else "")
    return f"{named}: {words}" if words else named


def _signal(exit_code: int) -> str | None:
    """What ended a program that did not end by itself: shells and container runtimes write 128 and its number."""
    try:
        return Signals(exit_code - 128).name
    except ValueError:
        return None
