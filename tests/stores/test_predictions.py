"""Predictions in a bucket: whole once they are marked, whatever the store and the network do.

The numbers are those of the list of faults.
"""

from pathlib import Path
from typing import Any

import pytest
from pyarrow import fs

from lsml_trainer.data import load_problem
from lsml_trainer.errors import InvalidData, OutputUnavailable
from lsml_trainer.loading import load
from lsml_trainer.predicting.in_job import JobPredictions
from lsml_trainer.spec import Predict, parse
from lsml_trainer.stores import bucket as buckets
from lsml_trainer.stores import connecting
from stores.conftest import ENVIRONMENT
from stores.proxy import Fault, FaultyProxy, Kind
from training.predicting.saved import iris_csv, iris_model
from unit.trainer.problems import training

PREPROCESSING = load_problem(
    training({"gradientDescent": {"loss": "log_loss"}}).data, learns_classes=True
).preprocessing
PARTS = [f"part-0000{part}.csv" for part in range(5)]
DONE = ["_SUCCESS", *PARTS]


class Place:
    """A model and rows on this machine, and a folder of the bucket behind the proxy for what is predicted."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder, self.name, self.uri = folder, name, f"s3://kept/{name}"
        self.digest = load(iris_model(folder / "model")).manifest.weights_digest
        self.rows(1)

    def rows(self, times: int) -> None:
        iris_csv(self.folder / "rows.csv", times)

    def predictions(self) -> JobPredictions:
        """Of a team that begins."""
        asked = {"data": {"uri": f"file://{self.folder}/rows.csv"}, "output": self.uri}
        model = load(self.folder / "model")
        return JobPredictions(parse(Predict, asked), lambda: model, PREPROCESSING, self.folder, part_rows=32)

    def finish(self) -> None:
        """What a team does."""
        made = self.predictions()
        for part in range(made.parts):
            made.predict(part, self.digest)
        made.publish(self.digest)


@pytest.fixture
def place(proxy: FaultyProxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Place:
    """The library tries once, and our pauses take no time."""
    del proxy
    monkeypatch.setattr(buckets, "PAUSES_SECONDS", (0.0, 0.0, 0.0))
    monkeypatch.setattr(buckets, "filesystem", lambda scheme: connecting.filesystem(scheme, tries=1))
    return Place(tmp_path, f"named-{abs(hash(request.node.name))}")


def seen(store: Any, place: Place) -> dict[str, bytes]:
    """What readers of the folder see."""
    return {name: content for name, content in everything(store, place).items() if name[0] != "."}


def everything(store: Any, place: Place) -> dict[str, bytes]:
    infos = store.get_file_info(fs.FileSelector(f"kept/{place.name}", allow_not_found=True, recursive=True))
    files = [info.path for info in infos if info.type == fs.FileType.File]
    return {path.removeprefix(f"kept/{place.name}/"): store.open_input_file(path).read() for path in files}


def wanted(place: Place) -> dict[str, bytes]:
    """What one that writes to a disk writes."""
    asked = {"data": {"uri": f"file://{place.folder}/rows.csv"}, "output": f"file://{place.folder}/here"}
    model = load(place.folder / "model")
    made = JobPredictions(parse(Predict, asked), lambda: model, PREPROCESSING, place.folder, part_rows=32)
    for part in range(made.parts):
        made.predict(part, place.digest)
    made.publish(place.digest)
    return {path.name: path.read_bytes() for path in (place.folder / "here").iterdir()}


def test_nothing_is_seen_before_all_parts_are_there(bucket: Any, place: Place) -> None:
    made = place.predictions()
    for part in range(made.parts):
        assert seen(bucket, place) == {}
        made.predict(part, place.digest)
    made.publish(place.digest)
    assert sorted(everything(bucket, place)) == DONE
    assert everything(bucket, place) == wanted(place)
    made.publish(place.digest)  # the one that did it was lost before it could say so
    assert everything(bucket, place) == wanted(place)


FAULTS: dict[str, tuple[Kind, str, str]] = {
    "the store is busy as a part is uploaded": ("503", "PUT", "/part-00001.csv"),
    "a part is cut off": ("cut", "PUT", "/part-00001.csv"),
    "a part's acknowledgement is lost": ("no acknowledgement", "PUT", "/part-00001.csv"),
    "the store is busy as a part is read back": ("503", "GET", "/part-00001.csv"),
    "the store is busy as a receipt is uploaded": ("503", "PUT", "/part-00001.csv.receipt"),
    "the store is busy as a part is copied": ("503", "PUT", "/PLACE/part-00001.csv"),
    "a copy's acknowledgement is lost": ("no acknowledgement", "PUT", "/PLACE/part-00001.csv"),
    "the store is busy as it is marked": ("503", "PUT", "/_SUCCESS"),
    "the mark's acknowledgement is lost": ("no acknowledgement", "PUT", "/_SUCCESS"),
}


@pytest.mark.parametrize(("kind", "method", "path"), FAULTS.values(), ids=FAULTS)
def test_what_failed_is_done_again(
    bucket: Any, proxy: FaultyProxy, place: Place, kind: Kind, method: str, path: str
) -> None:
    """60"""
    proxy.faults.append(Fault(kind, path.replace("PLACE", place.name), 1, method))
    place.finish()
    assert proxy.all_fired
    assert everything(bucket, place) == wanted(place)


CUT_OFF = {"as a part is uploaded": "part-00003.csv", "as a part is copied": "/PLACE/part-00003.csv"}


@pytest.mark.parametrize("path", [*CUT_OFF.values(), "/_SUCCESS"], ids=[*CUT_OFF, "as it is marked"])
def test_what_is_not_whole_is_not_marked_and_the_next_team_keeps_its_parts(
    bucket: Any, proxy: FaultyProxy, place: Place, path: str
) -> None:
    """53, 60"""
    place.finish()
    place.rows(1)  # written anew: another file
    proxy.faults.append(Fault("503", path.replace("PLACE", place.name), 1000))
    with pytest.raises(OutputUnavailable, match=rf"^{place.uri} cannot be written: .*; it is tried again$") as refusal:
        place.finish()
    assert not any(hidden in str(refusal.value) for hidden in ENVIRONMENT.values() if hidden != "us-east-1")
    former_stands = path == CUT_OFF["as a part is uploaded"]
    assert ("_SUCCESS" in seen(bucket, place)) == former_stands
    proxy.faults.clear()
    proxy.seen.clear()
    place.finish()
    assert everything(bucket, place) == wanted(place)
    assert not [
        request for request in proxy.seen if "PUT" in request and "/.predicting" in request and "00001" in request
    ]


def test_of_a_former_output_nothing_is_left(bucket: Any, place: Place) -> None:
    place.rows(2)
    place.finish()
    assert len(seen(bucket, place)) == 11
    place.rows(1)
    place.finish()
    assert everything(bucket, place) == wanted(place)


def test_cut_off_as_the_folder_aside_goes_it_is_done_all_the_same(bucket: Any, place: Place) -> None:
    made = place.predictions()
    for part in range(made.parts):
        made.predict(part, place.digest)
    before = everything(bucket, place)
    made.publish(place.digest)
    (aside,) = {name.partition("/")[0] for name in before}
    with bucket.open_output_stream(f"kept/{place.name}/{aside}/part-00004.csv") as left:
        left.write(b"a part that had not gone yet")
    made.publish(place.digest)
    assert everything(bucket, place) == wanted(place)


def test_what_is_no_output_is_not_overwritten(bucket: Any, place: Place) -> None:
    with bucket.open_output_stream(f"kept/{place.name}/thesis.txt") as stream:
        stream.write(b"chapter one")
    with pytest.raises(InvalidData, match=f"spec.predict: {place.uri} holds other things than predictions; name"):
        place.predictions()
