"""A spec that the API server took but that cannot be: the job fails, with a sentence for each mistake."""

from lsml_operator.world import Decision, Later, World


def invalid_spec(world: World) -> Decision | Later | None:
    """Fail a job whose spec cannot be understood; the policies after this one see valid specs only."""
    if world.job.invalid is None:
        return None
    return Decision("Failed", "InvalidSpec", world.job.invalid)
