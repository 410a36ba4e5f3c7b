"""What would help, by the reason for which a job stands as it does. Pure; NAME stands for the job."""

from lsml_operator.view.words import Object

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
    "GangWaits": (
        "free machines, or bring some: none of a strict gang begins before all of it has its machines",
        "workers.gangPatienceSeconds is how long some wait for the others; an autoscaler may need it longer",
    ),
    "GangGaveBack": (
        "nothing: the gang tries again by itself; it begins once machines for all of it are free at once",
        "a smaller workers.min, or gang: elastic, begins with fewer: submit it under another name",
    ),
    "WaitsForQuota": (
        "nothing, if the queue is the right one: Kueue admits a worker as soon as its quota has room",
        "kubectl get workloads shows who has the quota",
        "the label kueue.x-k8s.io/queue-name of the job names the queue: kubectl label --overwrite tjob NAME",
    ),
    "SchedulingGated": ("whoever put the gate on the pod has to take it off; kubectl get pod -o yaml shows it",),
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
    "StepsLost": ("set spec.checkpoint, or a shorter checkpoint.everySeconds, so that less is done again",),
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
    # Of a job that runs, by what was found
    "Autoscaling": ("nothing: the operator finds out how many workers pay; status.autoscale has what it measured",),
    "CheckpointFailing": (
        "check that the claim of spec.checkpoint exists, has room, and can be written by user 65532",
        "of a bucket: that it exists, and that the credentials in workers.template may read, write, list and delete",
        "training goes on meanwhile, and what is done since the last good one would have to be done again",
    ),
    "CheckpointSlow": ("raise checkpoint.everySeconds, or choose a faster place for spec.checkpoint",),
    "ComputeBound": ("lsml scale NAME 4, or more cores a worker: workers.resources.requests.cpu",),
    "CoordinatorMissing": ("nothing: the coordinator is being started, and a team that is together goes on",),
    "CpuOverRequested": ("lower workers.resources.requests.cpu: others could use what is kept, and it is paid for",),
    "DataBound": (
        "raise data.memory, so that more rows stay in memory; more workers read less each",
        "or bring the data nearer: on a claim rather than on a web server, as Parquet rather than as CSV",
    ),
    "DeadlineNear": ("raise activeDeadlineSeconds, or scale the job up: lsml scale NAME 4",),
    "GpuUnused": ("take the device out of workers.resources.limits: only deepLearning computes on one",),
    "LossPlateaued": (
        "suspend or delete the job if the model is good enough, or submit it with fewer epochs or iterations",
        "or submit it under another name with another learning rate",
    ),
    "LossRises": ("lower the learning rate, or set data.standardize: true, and submit under another name",),
    "MemoryOverRequested": ("lower workers.resources.requests.memory: others could use it, and it is paid for",),
    "NearMemoryLimit": (MEMORY,),
    "NetworkBound": (
        "scale down: fewer workers may be as fast, and cost less; workers.autoscale finds the number",
        "or bring the workers nearer to each other: template.affinity.podAffinity",
    ),
    "NodeSilent": (
        "kubectl describe node shows since when; of a team who was on it is replaced after 30 s, of a worker alone "
        "when the cluster evicts it, in five minutes as a rule",
    ),
    "OftenCrashed": (LAST_WORDS,),
    "OftenEvicted": (
        "a higher priorityClassName is evicted later, and template.nodeSelector may name machines that are not spot",
        "spec.checkpoint, or more than one worker, keeps what was done",
    ),
    "RowsSkipped": ("look at the rows if they are many; data.onBadRow: fail names the first of them",),
    "Straggler": ("look at its machine, or set workers.replaceStragglers: true to have it replaced",),
    "TokenUnknown": (
        "lsml suspend NAME and lsml resume NAME: its next pods have a token that the operator knows",
        "its administrator: keep the secret lsml-token-key of the operator's namespace, which was deleted",
    ),
    "TooManyWorkers": ("scale to fewer workers, or submit it under another name with a larger batchSize",),
    # Of a job that waits, by what was found
    "ClaimNotFound": ("create the claim that is named above; the operator goes on by itself once it is there",),
    "ClaimUnbound": ("kubectl describe pvc shows why the claim has no volume: a class, a size, a zone",),
    "NoNodeMatches": ("loosen template.nodeSelector and affinity, or label a node: kubectl get nodes --show-labels",),
    "PodSecurity": ("the namespace allows less than the job asks for; its words above name the fields",),
    "PriorityClassNotFound": ("create the PriorityClass, or take template.priorityClassName out",),
    "RuntimeClassNotFound": ("create the RuntimeClass, or take template.runtimeClassName out",),
    "ServiceAccountNotFound": (
        "create the ServiceAccount, or take template.serviceAccountName out; a namespace's default comes by itself",
    ),
    "TaintNotTolerated": ("add the taint that is named above to template.tolerations, or take it off a node",),
    "TooLarge": ("ask for less of what is named above: workers.resources",),
    "OutputUnavailable": (
        "check that the claim of spec.output exists, has room, and can be written by user 65532",
        "of a bucket: that it exists, and that the credentials in workers.template may read, write, list and delete",
    ),
}


def help_for(status: Object, job: str) -> tuple[str, ...]:
    """What would help a job with this status, by its reason and what was found; nothing is said twice."""
    conditions = status.get("conditions") or ()
    reason = next((each.get("reason") for each in conditions if each["type"] == "Ready"), None)
    names = (str(reason), *(status.get("findings") or ()))
    return tuple(dict.fromkeys(remedy for name in names for remedy in remedies(name, job)))


def remedies(reason: str, job: str) -> tuple[str, ...]:
    """What would help; nothing where nobody has to do anything."""
    return tuple(remedy.replace("NAME", job) for remedy in REMEDIES.get(reason, ()))
