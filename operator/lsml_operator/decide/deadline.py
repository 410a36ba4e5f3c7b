"""A job may not run longer than its author allows."""

from datetime import datetime

from lsml_operator.world import Decision, Later, World


def deadline(world: World) -> Decision | Later | None:
    """Fail a job that ran longer than `activeDeadlineSeconds` since it started or was resumed."""
    limit_seconds, start = world.spec.active_deadline_seconds, world.status.start_time
    if limit_seconds is None or start is None:  # no limit, or no clock runs yet
        return None
    ran_seconds = (world.now - datetime.fromisoformat(start)).total_seconds()
    if ran_seconds < limit_seconds:
        return Later(limit_seconds - ran_seconds)
    return Decision("Failed", "DeadlineExceeded", f"ran {ran_seconds:.0f} s, {limit_seconds} s allowed")
