"""A TrainingJob by a look at the data: what is seen, what is written, and what is refused."""

from pathlib import Path

import pytest
import yaml

from lsml_operator.api.judge import judge
from lsml_operator.cli.drafting import Family, draft, guessed_label
from lsml_operator.cli.ends import Ended
from lsml_operator.cli.looking import Column, Kind, Look, column_of, look_at
from lsml_trainer.cli import main
from unit.operator.builders import Json

COLUMNS: dict[str, tuple[list[str], Column]] = {
    "amounts": (["1.5", "-2e3"], Column("a", Kind.NUMBER, 2, False)),
    "classes as numbers": (["0", "1", "1"], Column("a", Kind.WHOLE, 2, False)),
    "many whole numbers": ([str(n) for n in range(21)], Column("a", Kind.NUMBER, 21, False)),
    "words": (["red", "1"], Column("a", Kind.TEXT, 2, False)),
    "a cell without a value": (["1.5", " "], Column("a", Kind.NUMBER, 1, True)),
    "what is no number": (["nan", "1"], Column("a", Kind.TEXT, 2, False)),
    "nothing": (["", ""], Column("a", Kind.EMPTY, 0, True)),
}


@pytest.mark.parametrize(("cells", "wanted"), COLUMNS.values(), ids=COLUMNS)
def test_what_a_column_holds(cells: list[str], wanted: Column) -> None:
    assert column_of("a", cells) == wanted


def a_look(*names: str, kind: Kind = Kind.NUMBER, values: int = 100, missing: bool = False, rows: int = 100) -> Look:
    return Look(tuple(Column(name, kind, values, missing) for name in names), rows)


LABELS = {"by its name": (("Target", "b"), "Target"), "the last": (("a", "b"), "b")}


@pytest.mark.parametrize(("names", "wanted"), LABELS.values(), ids=LABELS)
def test_the_label_is_guessed(names: tuple[str, ...], wanted: str) -> None:
    assert guessed_label(a_look(*names)) == wanted


def drafted(look: Look, family: Family) -> Json:
    return draft("a", "pvc://data/a.csv", look, "y", family, "pvc://models/a", 2)


@pytest.mark.parametrize("family", Family)
@pytest.mark.parametrize("kind", [Kind.TEXT, Kind.NUMBER])
def test_whatever_is_drafted_is_taken(family: Family, kind: Kind) -> None:
    look = a_look("x", "y", kind=kind, missing=True)
    if family is Family.SVM and kind is Kind.NUMBER:
        with pytest.raises(Ended, match=r"^an svm learns classes, and 'y' is an amount; take --family sgd$"):
            drafted(look, family)
    else:
        assert judge(drafted(look, family)) == []


def test_a_kernel_for_few_rows_only() -> None:
    def kernel(rows: int) -> str:
        algorithm = drafted(a_look("x", "y", kind=Kind.TEXT, rows=rows), Family.SVM)["spec"]["algorithm"]
        return str(algorithm["svm"]["kernel"])

    assert (kernel(20_000), kernel(20_001)) == ("rbf", "linear")


CSV = "sepal;colour;species\n1.5;red;a\n;blue;b\n"
WRITTEN = """\
# Written by lsml init after a look at flowers.csv: 3 columns.
apiVersion: lsml.dev/v1alpha1
kind: TrainingJob
metadata:
  name: flowers
spec:
  algorithm:
    svm:
      kernel: rbf
      C: 1.0
  data:
    train:
      uri: pvc://data/flowers.csv
      label: species
      delimiter: ;
    test:
      fraction: 0.2
      seed: 42
      stratify: true
    standardize: true
    categorical:
      handleUnknown: ignore
    missing: mean
  workers:
    replicas: 1
    max: 4
  output: pvc://models/flowers
  seed: 42
"""


def ran(*arguments: str) -> int:
    with pytest.raises(SystemExit) as end:
        main(["init", *arguments])
    assert isinstance(end.value.code, int)
    return end.value.code


def test_a_file_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, to = tmp_path / "flowers.csv", tmp_path / "job.yaml"
    data.write_text(CSV)

    assert ran(str(data), "--yes", "--to", str(to)) == 0
    assert to.read_text() == WRITTEN
    assert capsys.readouterr().out == (
        f"wrote {to}; next: put flowers.csv onto the claim data, then lsml submit {to} --watch\n"
    )


def test_a_file_that_is_there_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = tmp_path / "flowers.csv"
    data.write_text(CSV)

    assert ran(str(data), "--yes", "--to", str(data)) == 2
    assert capsys.readouterr().err == f"{data} is there already; name another file with --to\n"
    assert data.read_text() == CSV


def test_flags_are_taken_instead_of_what_was_seen(tmp_path: Path) -> None:
    data, to = tmp_path / "1 Flowers.csv", tmp_path / "job.yaml"
    data.write_text("x,y,z\n1.5,0.5,1\n2.5,1.5,2\n")

    flags = ("--label", "y", "--family", "sgd", "--uri", "file:///data/a.csv", "--workers", "4")
    assert ran(str(data), "--yes", "--to", str(to), *flags) == 0
    job = yaml.safe_load(to.read_text())
    assert job["metadata"]["name"] == "flowers"
    assert job["spec"]["data"]["train"] == {"uri": "file:///data/a.csv", "label": "y"}
    assert job["spec"]["workers"] == {"replicas": 4, "max": 4}
    assert list(job["spec"]["algorithm"]) == ["sgd"]


REFUSED: dict[str, tuple[bytes, tuple[str, ...], str]] = {
    "no rows": (b"a,b\n", (), "has no rows below a header"),
    "an uneven row": (b"a,b\n1,2\n1\n", (), "row 3 has 1 cells, the header has 2"),
    "no such column": (b"a,b\n1,2\n2,3\n", ("--label", "c"), "there is no column 'c'; there are a, b"),
    "one class": (b"a,b\n1,x\n2,x\n", (), "column 'b' has 1 different values; there is nothing to learn"),
    "only a label": (b"b\nx\ny\n", (), "there is no column but the label 'b'; there is nothing to learn from"),
    "no text": (b"\xff\xfe\x00", (), "is not CSV in UTF-8"),
    "a name that is none": (b"a,b\n1,x\n2,y\n", ("--name", "A"), "metadata.name must begin with a letter"),
}


@pytest.mark.parametrize(("content", "flags", "sentence"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes, flags: tuple[str, ...], sentence: str
) -> None:
    data = tmp_path / "a.csv"
    data.write_bytes(content)

    assert ran(str(data), "--yes", "--to", str(tmp_path / "job.yaml"), *flags) == 2
    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "job.yaml").exists()


def test_parquet(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet  # noqa: PLC0415  (the trainer's)

    data = tmp_path / "a.parquet"
    parquet.write_table(pyarrow.table({"x": [1.5, None], "y": ["a", "b"]}), data)
    assert look_at(data) == Look((Column("x", Kind.NUMBER, 1, True), Column("y", Kind.TEXT, 2, False)), 2)


def test_what_is_no_parquet(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_text("no")
    with pytest.raises(Ended, match=r"a\.parquet is not Parquet: "):
        look_at(tmp_path / "a.parquet")
