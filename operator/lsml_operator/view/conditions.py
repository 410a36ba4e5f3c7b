"""What each type of condition means while it is True, and who else uses its name. Pure."""

CONDITIONS = {
    "Ready": "It does what it should: it trains, is suspended as asked, or has succeeded. Always there; its reason and "
    "its message say how the job stands.",
    "Reconciling": "The operator is on the way to what is wanted, and nobody has to do anything (kstatus).",
    "Stalled": "It does not go on unless somebody puts something right (kstatus).",
    "Complete": "It has succeeded: `kubectl wait --for=condition=Complete` (batch/v1 Job).",
    "Failed": "It has failed for good (batch/v1 Job).",
    "Suspended": "It is suspended: `spec.suspend` (batch/v1 Job).",
    "Degraded": "Fewer workers than `workers.min` are left of a job that ran.",
}
