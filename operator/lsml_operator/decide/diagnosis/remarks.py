"""What others found out, in their own words."""

from lsml_operator.decide.autoscale import autoscale
from lsml_operator.decide.straggler import straggler
from lsml_operator.world import Diagnosis, World


def straggling(world: World) -> Diagnosis | None:
    """One worker holds up the others."""
    said = straggler(world.report, world.spec.shards)
    return Diagnosis("Straggler", said) if said else None


def autoscaling(world: World) -> Diagnosis | None:
    """What is known of how many workers pay."""
    said = autoscale(world).remark
    return Diagnosis("Autoscaling", said) if said else None


def rows_skipped(world: World) -> Diagnosis | None:
    """Of its rows some are bad, and it goes on without them as was asked."""
    report = world.report
    if report is None or not report.skipped_rows or report.rows is None:
        return None
    return Diagnosis(
        "RowsSkipped",
        f"{report.skipped_rows} rows are bad and left out, as data.onBadRow allows, and {report.rows} are trained on",
    )
