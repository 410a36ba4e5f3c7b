"""`lsml validate`: every job of a file is judged."""

import json
from pathlib import Path
from typing import Any

import pytest
import typer

from lsml_operator.cli.ends import End
from lsml_operator.cli.validate import validate


def a_job(namespace: str, **svm: Any) -> dict[str, Any]:
    return {
        "apiVersion": "lsml.dev/v1alpha1",
        "kind": "TrainingJob",
        "metadata": {"name": "iris", "namespace": namespace},
        "spec": {"algorithm": {"svm": svm}, "data": {"train": {"uri": "builtin://iris"}}},
    }


def test_of_two_jobs_with_one_name_both_are_judged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "jobs.yaml"
    file.write_text("\n---\n".join(json.dumps(job) for job in (a_job("dev", C=-1), a_job("prod", C=1))))
    with pytest.raises(typer.Exit) as ended:
        validate(file)
    said = capsys.readouterr()
    assert said.out == "iris is invalid\niris is valid\n"
    assert "spec.algorithm.svm.C" in said.err
    assert ended.value.exit_code == End.BAD_INPUT
