"""`lsml validate FILE`: a TrainingJob judged without a cluster, in the API server's words."""

import sys

from lsml_operator.cli.ends import End, command
from lsml_operator.cli.options import JobFile
from lsml_trainer.spec.job_document import name_of, read_jobs


@command
async def validate(file: JobFile) -> End:
    """Judge the TrainingJobs of a file without a cluster, in the API server's words."""
    from lsml_operator.api.judge import judge  # noqa: PLC0415  (builds the schema)

    judged = [(name_of(job), judge(dict(job))) for job in read_jobs(file)]  # two may have one name, in two namespaces
    for name, sentences in judged:
        sys.stdout.write(f"{name} is {'invalid' if sentences else 'valid'}\n")
        sys.stderr.writelines(f"  {sentence}\n" for sentence in sentences)
    return End.BAD_INPUT if any(sentences for _, sentences in judged) else End.DONE
