"""`lsml diagnose JOB`: why it stands where it stands, and what would help."""

from lsml_operator.cli.connect import connected
from lsml_operator.cli.ends import End, command
from lsml_operator.cli.options import Context, JobName, Kubeconfig, Namespace, Where
from lsml_operator.cli.reading import see


@command
async def diagnose(
    job: JobName, namespace: Namespace = None, context: Context = None, kubeconfig: Kubeconfig = None
) -> End:
    """Say why a job stands where it stands, what would help, and what that is concluded from."""
    from lsml_operator.cli.show.diagnosis import diagnosis_screen  # noqa: PLC0415  (imports rich)
    from lsml_operator.cli.terminal import console_on, now  # noqa: PLC0415  (imports rich)

    async with connected(Where(namespace, context, kubeconfig)) as connection:
        console_on().print(diagnosis_screen(await see(connection, job, with_pods_events=True), now()))
    return End.DONE
