"""What would help, by the reason for which a job stands as it does. Pure; NAME stands for the job."""

IMAGE = "the node cannot have the trainer's image: check its name, and template.imagePullSecrets"
MISSING = "create the object that is named above, or take it out of the job"
SEE_POD = "kubectl describe pod shows what the node lacks"
LAST_WORDS = "lsml logs NAME shows the last words of the worker"
MEMORY = "raise workers.resources.limits.memory, or take fewer features, a smaller batch, more workers"

REMEDIES: dict[str, tuple[str, ...]] = {
    "Unschedulable": (
        "ask for less: workers.resources.requests, or loosen template.nodeSelector, affinity and tolerations",
        "or give the cluster a machine that fits; the scheduler's words above say what is missing",
    ),
    "QuotaExceeded": (
        "kubectl describe resourcequota shows what the namespace may use and what does",
        "scale the job down, end another one, or have the quota raised",
    ),
    "Forbidden": ("an admission policy or RBAC refused the pod; its words above name the rule",),
    "NotFound": ("create what is named above; the operator goes on by itself once it is there",),
    "NameTaken": ("an object of that name belongs to somebody else: delete it, or give the job another name",),
    "Invalid": ("the API server does not take the pod; correct workers.template as its words above say",),
    "ErrImagePull": (IMAGE,),
    "ImagePullBackOff": (IMAGE,),
    "InvalidImageName": (IMAGE,),
    "ErrImageNeverPull": ("load the image onto the node, or let the operator pull it (trainer.image.pullPolicy)",),
    "CreateContainerConfigError": (MISSING,),
    "CreateContainerError": (SEE_POD,),
    "RunContainerError": (SEE_POD,),
    "FailedMount": (f"{MISSING}; kubectl get pvc shows the claims",),
    "Refused": ("the API server refused what is named above; the operator tries again by itself",),
    "WorkerCrashed": (LAST_WORDS,),
    "BackOff": (f"nothing at once: the next attempt comes by itself; {LAST_WORDS}",),
    "WorkerOutOfMemory": (MEMORY,),
    "OutOfMemory": (MEMORY,),
    "WorkerEvicted": ("nothing: a new pod is on its way; a higher priorityClassName is evicted later",),
    "WorkerUpdated": ("nothing: the workers get their new template",),
    "CoordinatorReplaced": ("nothing: the workers find each other again in a moment",),
    "Starting": ("nothing: the workers are starting; an image is pulled once a node",),
    "BackoffLimitExceeded": (
        "lsml logs NAME shows why the workers crashed; raise backoffLimit only where trying again can help",
    ),
    "DeadlineExceeded": ("raise activeDeadlineSeconds, or scale the job up",),
    "InvalidSpec": ("correct the field that is named above, and submit the job under another name",),
    "InvalidData": (
        "correct the data, or choose other columns, as the sentence above says; submit under another name",
    ),
    "Diverged": ("lower the learning rate, or set data.standardize: true, and submit under another name",),
    "Suspended": ("lsml resume NAME",),
    "Degraded": ("the job goes on with fewer workers; the lines of the workers below say why the others do not run",),
    "OutputUnavailable": ("check that the claim of spec.output exists, has room, and can be written by user 65532",),
}


def remedies(reason: str, job: str) -> tuple[str, ...]:
    """What would help; nothing where nobody has to do anything."""
    return tuple(remedy.replace("NAME", job) for remedy in REMEDIES.get(reason, ()))
