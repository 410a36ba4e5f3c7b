"""Tables for a person at a terminal."""

from typing import TextIO

from rich.console import Console
from rich.table import Table

from lsml_trainer.spec import Evaluation


def console_on(out: TextIO) -> Console:
    """A console that prints text as it is: no colours in it, no wrapping."""
    return Console(file=out, highlight=False, soft_wrap=True, markup=False)


def evaluation_table(evaluation: Evaluation, title: str) -> Table:
    """A row a metric."""
    table = Table(title=title, title_justify="left")
    table.add_column("metric")
    table.add_column("value", justify="right")
    for metric in evaluation.metrics:
        table.add_row(metric.name, f"{metric.value:.6g}")
    return table
