"""What runs in a worker's container: our trainer, or the torchrun program of algorithm.container."""

from typing import Any

from lsml_operator.desired.coordinator import QUORUM_PORT, host_and_port
from lsml_operator.desired.frame import framed_container
from lsml_operator.labels import CONTAINER
from lsml_operator.settings import Settings
from lsml_operator.world import Job, Object
from lsml_trainer.spec import PROGRESS_PORT

POD_IP = {"fieldRef": {"fieldPath": "status.podIP"}}
RENDEZVOUS = "is_host=false,join_timeout=86400,last_call_timeout=5,keep_alive_interval=1,keep_alive_max_attempt=5"
"""The coordinator keeps the store; workers are waited for as long as it takes; whoever is there 5 s after the first
minimum of them begins; who says nothing for 5 s is lost.
"""
SOMEBODY = {"HOME": "/tmp", "LOGNAME": "lsml"}  # noqa: S108  (the pod's own)
"""What programs ask of a user that the image may not know."""


def is_foreign(job: Job) -> bool:
    """Whether the job runs a program of its user's."""
    return job.spec is not None and job.spec.container is not None


def program(job: Job, settings: Settings) -> dict[str, Any]:
    """The container, without what depends on the template."""
    ours = framed_container(CONTAINER, settings)
    if not is_foreign(job):
        return {**ours, "args": ["worker"], "ports": [{"name": "progress", "containerPort": PROGRESS_PORT}]}
    theirs: Object = job.raw_spec["algorithm"]["container"]
    del ours["imagePullPolicy"]  # as the cluster has it for an image of that name
    ours["securityContext"]["readOnlyRootFilesystem"] = False  # it does not know of /tmp being the only place
    words = {field: [_literally(word) for word in theirs[field]] for field in ("command", "args") if field in theirs}
    return {**ours, "image": theirs["image"], **words}


def torchrun_environment(job: Job, worker: str, coordinator: str) -> list[dict[str, Any]]:
    """By what torchrun finds the others, as if they were options: torch/distributed/run.py, `env` and `check_env`."""
    assert job.spec is not None, "a job that cannot be understood has no workers"
    assert job.spec.container is not None, "another job's workers need no torchrun"
    container, workers = job.spec.container, job.spec.workers
    values = {
        "PET_RDZV_BACKEND": "c10d",
        "PET_RDZV_ENDPOINT": host_and_port(coordinator, QUORUM_PORT),
        "PET_RDZV_ID": job.key.uid,
        "PET_RDZV_CONF": RENDEZVOUS,
        "PET_NNODES": f"{workers.min}:{workers.most}",
        "PET_NPROC_PER_NODE": str(container.processes_per_worker or max(1, workers.resources.gpus)),
        "PET_MAX_RESTARTS": str(container.max_restarts),
        # Shared, it stays where the first round had it on a worker that is not the first of the second, which hangs.
        "TORCH_DISABLE_SHARE_RDZV_TCP_STORE": "1",
        "LSML_REPORT_TO": host_and_port(coordinator, PROGRESS_PORT),
        "LSML_WORKER": worker,
    }
    # Others reach it by its address: a pod's name is known to nobody.
    return [{"name": name, "value": value} for name, value in values.items()] + [
        {"name": "PET_LOCAL_ADDR", "valueFrom": POD_IP}
    ]


def nobody_special() -> list[dict[str, Any]]:
    """Variables that the template may overrule."""
    return [{"name": name, "value": value} for name, value in SOMEBODY.items()]


def _literally(word: str) -> str:
    """The kubelet would put a variable's value in place of $(NAME)."""
    return word.replace("$(", "$$(")
