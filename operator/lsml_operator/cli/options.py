"""The options that the commands share, spelled as kubectl spells them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

JobName = Annotated[str, typer.Argument(metavar="JOB", help="The TrainingJob's name.")]
JobFile = Annotated[
    Path, typer.Argument(metavar="FILE", help="A YAML file with a TrainingJob, as for kubectl apply; - for stdin.")
]
NameInFile = Annotated[str | None, typer.Option("--name", help="Which TrainingJob, where the file holds several.")]
Namespace = Annotated[
    str | None, typer.Option("--namespace", "-n", help="The namespace.", show_default="that of the context")
]
Context = Annotated[
    str | None, typer.Option("--context", help="The context of the kubeconfig.", show_default="the current one")
]
Kubeconfig = Annotated[
    Path | None,
    typer.Option("--kubeconfig", help="The kubeconfig file.", show_default="$KUBECONFIG, else ~/.kube/config"),
]


@dataclass(frozen=True)
class Where:
    """Which cluster and namespace a command is about; None: as kubectl would choose."""

    namespace: str | None = None
    context: str | None = None
    kubeconfig: Path | None = None
