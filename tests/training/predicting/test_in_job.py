"""`spec.predict`: what a job's model predicts, whoever does which part; complete or absent."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lsml_trainer.data import load_problem
from lsml_trainer.elastic.predictions import Done, Predicted
from lsml_trainer.elastic.session import Alone
from lsml_trainer.errors import InvalidData, OutputUnavailable
from lsml_trainer.job_file import read_job
from lsml_trainer.loading import load
from lsml_trainer.local_run import run_job
from lsml_trainer.model import Model
from lsml_trainer.predicting.in_job import JobPredictions
from lsml_trainer.predicting.job import PredictingOnly
from lsml_trainer.spec import InvalidSpec, Predict, parse
from training.predicting.saved import IRIS, iris_csv, iris_model
from unit.trainer.problems import training
from unit.trainer.test_local_run import a_file

SPEC = training({"gradientDescent": {"loss": "log_loss"}})
PREPROCESSING = load_problem(SPEC.data, learns_classes=True).preprocessing


@pytest.fixture
def claims(tmp_path: Path) -> Path:
    """Claims with a model, its rows, and room for predictions."""
    (tmp_path / "data").mkdir()
    iris_model(tmp_path / "model")
    iris_csv(tmp_path / "data" / "rows.csv")
    return tmp_path


def predictions(
    claims: Path, rows: str = "rows.csv", output: str = "out", load: Callable[[], Model] | None = None
) -> JobPredictions:
    document = {"data": {"uri": f"pvc://data/{rows}"}, "output": f"pvc://data/{output}"}
    loading = load or Loading(claims / "model")
    return JobPredictions(parse(Predict, document), loading, PREPROCESSING, claims, part_rows=32)


def finish(made: JobPredictions, digest: str) -> None:
    for part in range(made.parts):
        made.predict(part, digest)
    made.publish(digest)


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_nothing_is_seen_before_all_parts_are_there(claims: Path) -> None:
    made, digest = predictions(claims), load(claims / "model").manifest.weights_digest
    for part in range(made.parts):
        assert not (claims / "data" / "out").exists()
        made.predict(part, digest)
    made.publish(digest)
    assert sorted(content(claims / "data" / "out")) == ["_SUCCESS", *(f"part-0000{part}.csv" for part in range(5))]
    assert sorted(path.name for path in (claims / "data").iterdir()) == ["out", "rows.csv"]


def test_doing_it_again_changes_nothing(claims: Path) -> None:
    made, digest = predictions(claims), "sha256:" + "0" * 64
    finish(made, digest)
    first = content(claims / "data" / "out")
    made.publish(digest)  # the one that did it was lost before it could say so
    assert content(claims / "data" / "out") == first
    finish(predictions(claims), digest)  # all were lost
    assert content(claims / "data" / "out") == first


class Loading:
    """Gives the model, and counts how often."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.times = 0

    def __call__(self) -> Model:
        self.times += 1
        return load(self._folder)


def lost(claims: Path) -> str:
    """The model's digest, after a team that predicted two parts and was lost."""
    digest = load(claims / "model").manifest.weights_digest
    for part in range(2):
        predictions(claims).predict(part, digest)
    return digest


def aside(claims: Path) -> Path:
    (found,) = (claims / "data").glob(".out.predicting-*")
    return found


def test_after_all_were_lost_the_parts_that_are_there_are_kept(claims: Path) -> None:
    digest, loading = lost(claims), Loading(claims / "model")
    before = {path.name: path.stat().st_mtime_ns for path in aside(claims).iterdir()}
    again = predictions(claims, load=loading)
    assert [again.predict(part, digest) for part in range(2)] == [Done(32, found=True)] * 2
    assert {path.name: path.stat().st_mtime_ns for path in aside(claims).iterdir()} == before
    assert loading.times == 0
    assert [again.predict(part, digest) for part in range(2, 5)] == [
        *(Done(32, found=False),) * 2,
        Done(150 - 4 * 32, found=False),
    ]
    assert loading.times == 1
    finish(again, digest)
    finish(predictions(claims, output="alone"), digest)
    assert content(claims / "data" / "out") == content(claims / "data" / "alone")


def damaged(claims: Path) -> None:
    (aside(claims) / "part-00001.csv").write_text("?")


def without_receipt(claims: Path) -> None:
    (aside(claims) / "part-00001.csv.receipt").unlink()


def of_other_rows(claims: Path) -> None:
    iris_csv(claims / "data" / "rows.csv")


@pytest.mark.parametrize("changed", [damaged, without_receipt, of_other_rows])
def test_a_part_that_is_not_as_its_receipt_says_is_predicted_again(
    claims: Path, changed: Callable[[Path], None]
) -> None:
    digest, loading = lost(claims), Loading(claims / "model")
    changed(claims)
    finish(predictions(claims, load=loading), digest)
    assert loading.times == 1
    finish(predictions(claims, output="alone"), digest)
    assert content(claims / "data" / "out") == content(claims / "data" / "alone")


def test_parts_of_more_rows_than_there_are_now_are_not_published(claims: Path) -> None:
    digest = load(claims / "model").manifest.weights_digest
    iris_csv(claims / "data" / "rows.csv", times=2)
    for part in range(9):
        predictions(claims).predict(part, digest)
    iris_csv(claims / "data" / "rows.csv")
    finish(predictions(claims), digest)
    assert len(content(claims / "data" / "out")) == 6, "five parts and _SUCCESS"


class Among(Alone):
    """A member of a team of the given size, where all others do their part."""

    def __init__(self, rank: int, size: int) -> None:
        super().__init__(1)
        self.rank = rank
        self._size = size

    def gather_bytes(self, content: bytes) -> list[bytes]:
        """One for each."""
        return [content] * self._size


class Told:
    """Predictions that are only counted; the first parts were `found`."""

    parts = 5

    def __init__(self, found: int = 0) -> None:
        self.done: list[object] = []
        self._found = found

    def predict(self, part: int, digest: str) -> Done:
        """Told."""
        self.done.append(part)
        return Done(32, found=part < self._found)

    def publish(self, digest: str) -> None:
        """Told."""
        self.done.append("published")


def on_the_way(told: Told, sizes: Callable[[], Iterator[int]], rank: int) -> list[object]:
    """What the member of a rank does, where the teams have these sizes one after another."""
    journey = PredictingOnly(told, "sha256:0")
    for size in sizes():
        if journey.is_over:
            break
        journey.reach(journey.next(Among(rank, size), lambda: 0.0))
    assert journey.is_over
    return told.done


def test_the_members_of_a_team_do_a_part_each_and_the_first_publishes() -> None:
    def sizes() -> Iterator[int]:
        yield from (2, 2, 2, 2, 2)

    assert on_the_way(Told(), sizes, rank=0) == [0, 2, 4, "published"]
    assert on_the_way(Told(), sizes, rank=1) == [1, 3]


def test_a_team_that_changes_leaves_no_part_out() -> None:
    def sizes() -> Iterator[int]:
        yield from (1, 3, 1, 1)

    assert on_the_way(Told(), sizes, rank=0) == [0, 1, 4, "published"]


def test_what_was_found_and_what_others_did_is_no_measure_of_speed() -> None:
    journey = PredictingOnly(Told(found=3), "sha256:0")
    taken_at = []
    for member in (Among(0, 2), Among(0, 2), Among(0, 1)):
        journey.reach(journey.next(member, lambda: 0.0))
        taken_at.append(journey.taken_at)
    assert taken_at == [2, 4, 4], "of the second two parts one was found"
    assert journey.position == Predicted(parts=5, rows=5 * 32, found=4)

    newcomer = PredictingOnly(Told(), "sha256:0")
    newcomer.take(journey.give())
    assert (newcomer.position, newcomer.taken_at) == (journey.position, 5)


REFUSED: dict[str, tuple[dict[str, str], type[Exception], str]] = {
    "no file": ({"rows": "none.csv"}, InvalidData, "spec.predict: no file matches pvc://data/none.csv"),
    "a column is missing": ({"rows": "other.csv"}, InvalidData, "spec.predict: other.csv lacks the column(s) sepal"),
    "something else there": ({"output": "thesis"}, InvalidData, "thesis holds other things than predictions; name"),
}


@pytest.mark.parametrize(("names", "kind", "words"), REFUSED.values(), ids=REFUSED)
def test_what_would_be_wrong_after_the_training_is_said_before_it(
    claims: Path, names: dict[str, str], kind: type[Exception], words: str
) -> None:
    (claims / "data" / "other.csv").write_text("a,b\n1,2\n")
    (claims / "data" / "thesis").mkdir()
    (claims / "data" / "thesis" / "chapter1.txt").touch()
    with pytest.raises(kind) as refusal:
        predictions(claims, **names)
    assert words in str(refusal.value)


def test_without_the_claim_it_is_tried_again(claims: Path) -> None:
    document = {"data": {"uri": "pvc://data/rows.csv"}, "output": "pvc://none/out"}
    with pytest.raises(OutputUnavailable, match="the claim none is not mounted"):
        JobPredictions(parse(Predict, document), lambda: load(claims / "model"), PREPROCESSING, claims)


def test_a_job_trains_and_predicts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rows = iris_csv(tmp_path / "rows.csv")
    file = a_file(
        tmp_path,
        algorithm={"sgd": {"loss": "log_loss"}},
        data={"train": {"uri": "builtin://iris"}},
        output=f"file://{tmp_path}/model",
        predict={"data": {"uri": f"file://{rows}"}, "output": "pvc://data/named"},
    )
    out = io.StringIO()
    run_job(file, None, None, 1, out)
    assert "pvc://data/named is a claim of a cluster; here predictions go to ./models/data/named" in out.getvalue()
    assert "predicting" in out.getvalue().splitlines()
    lines = (tmp_path / "models/data/named/part-00000.csv").read_text().splitlines()
    predicted = load(tmp_path / "model").predict(IRIS.data).tolist()
    assert [line.rpartition(",")[2] for line in lines[1:]] == predicted


SENTENCES = {
    "no folder for the model": ({"output": None}, "predict needs output, the folder that keeps the model; name one"),
    "inside of the model": ({"output": "pvc://data"}, "output, which holds a model and nothing else"),
    "another format": ({"uri": "pvc://data/rows.npy"}, "spec.predict.data.uri"),
}


@pytest.mark.parametrize(("change", "words"), SENTENCES.values(), ids=SENTENCES)
def test_what_cannot_be_is_refused_by_the_specification(
    tmp_path: Path, change: dict[str, str | None], words: str
) -> None:
    output = change.get("output", "pvc://models/iris")
    predict = {"data": {"uri": change.get("uri", "pvc://data/rows.csv")}, "output": "pvc://data/out/named"}
    file = a_file(tmp_path, predict=predict, **({"output": f"{output}/out"} if output else {}))
    with pytest.raises(InvalidSpec, match=words):
        read_job(file)
