"""Which claims a worker's pod mounts, where, and which of them it may write to."""

import json

import pytest

from unit.operator.builders import Json, a_spec
from unit.operator.desired.made import TMP, pod

OUTPUTS: dict[str, tuple[str | None, list[Json], list[Json]]] = {
    "none": (None, [], []),
    "a file": ("file:///models/iris", [], []),
    "a claim": (
        "pvc://models/iris/first",
        [{"name": "lsml-output", "persistentVolumeClaim": {"claimName": "models"}}],
        [{"name": "lsml-output", "mountPath": "/mnt/claims/models"}],
    ),
}


@pytest.mark.parametrize(("output", "volumes", "mounts"), OUTPUTS.values(), ids=OUTPUTS)
def test_the_outputs_claim_is_mounted(output: str | None, volumes: list[Json], mounts: list[Json]) -> None:
    spec = pod(output=output)["spec"]
    assert spec["volumes"] == [{"name": "lsml-tmp", "emptyDir": {}}, *volumes]
    assert spec["containers"][0]["volumeMounts"] == [TMP, *mounts]


def test_the_datas_claim_is_mounted_read_only_unless_the_model_goes_there_too() -> None:
    spec = a_spec()
    raw: Json = {**spec, "data": {"train": {"uri": "pvc://rows/set/*.csv"}}}
    assert pod(raw_spec={**raw, "output": "pvc://models/iris"})["spec"]["volumes"][1:] == [
        {"name": "lsml-output", "persistentVolumeClaim": {"claimName": "models"}},
        {"name": "lsml-data", "persistentVolumeClaim": {"claimName": "rows", "readOnly": True}},
    ]
    assert pod(raw_spec={**raw, "output": "pvc://rows/iris"})["spec"]["volumes"][1:] == [
        {"name": "lsml-output", "persistentVolumeClaim": {"claimName": "rows"}},
    ]
    raw["data"]["test"] = {"uri": "pvc://others/test.csv"}
    assert pod(raw_spec=raw)["spec"]["volumes"][1:] == [
        {"name": "lsml-data", "persistentVolumeClaim": {"claimName": "rows", "readOnly": True}},
        {"name": "lsml-test", "persistentVolumeClaim": {"claimName": "others", "readOnly": True}},
    ]


def test_a_claim_is_mounted_once_and_writable_where_checkpoints_go_there() -> None:
    raw: Json = {**a_spec(), "data": {"train": {"uri": "pvc://rows/set/*.csv"}}, "output": "pvc://models/iris"}
    state = {"name": "lsml-checkpoint", "persistentVolumeClaim": {"claimName": "state"}}
    model = {"name": "lsml-output", "persistentVolumeClaim": {"claimName": "models"}}
    rows = {"name": "lsml-data", "persistentVolumeClaim": {"claimName": "rows", "readOnly": True}}
    for claim, volumes in (
        ("state", [model, state, rows]),
        ("models", [model, rows]),
        ("rows", [model, {"name": "lsml-checkpoint", "persistentVolumeClaim": {"claimName": "rows"}}]),
    ):
        uri = f"pvc://{claim}/state"
        assert pod(raw_spec={**raw, "checkpoint": {"uri": uri}})["spec"]["volumes"][1:] == volumes


def test_the_claim_of_the_ledger_is_writable() -> None:
    raw: Json = {**a_spec(), "output": "pvc://models/iris", "ledger": "pvc://proofs/iris"}
    ledger = {"name": "lsml-ledger", "persistentVolumeClaim": {"claimName": "proofs"}}
    assert ledger in pod(raw_spec=raw)["spec"]["volumes"]


def test_the_claims_of_predictions_are_writable_and_those_of_their_rows_are_not() -> None:
    raw: Json = {**a_spec(), "output": "pvc://models/iris"}
    for claim, volumes in (
        ("rows", [{"name": "lsml-predictions", "persistentVolumeClaim": {"claimName": "rows"}}]),
        (
            "named",
            [
                {"name": "lsml-predictions", "persistentVolumeClaim": {"claimName": "named"}},
                {"name": "lsml-rows", "persistentVolumeClaim": {"claimName": "rows", "readOnly": True}},
            ],
        ),
    ):
        predict = {"data": {"uri": "pvc://rows/new/*.csv"}, "output": f"pvc://{claim}/out"}
        assert pod(raw_spec={**raw, "predict": predict})["spec"]["volumes"][2:] == volumes


def test_the_claim_of_a_model_that_predicts_is_read_only() -> None:
    predict = {"data": {"uri": "s3://rows/new/*.csv"}, "output": "pvc://named/out"}
    made = pod(raw_spec={"model": {"from": "pvc://models/iris"}, "predict": predict})["spec"]
    assert made["volumes"][1:] == [
        {"name": "lsml-predictions", "persistentVolumeClaim": {"claimName": "named"}},
        {"name": "lsml-model", "persistentVolumeClaim": {"claimName": "models", "readOnly": True}},
    ]
    (told,) = (variable["value"] for variable in made["containers"][0]["env"] if variable["name"] == "LSML_SPEC")
    assert json.loads(told) == {"model": {"from": "pvc://models/iris"}, "predict": predict}


CLAIM: Json = {"claimName": "models"}
READ: Json = {**CLAIM, "readOnly": True}
OWN: Json = {"mountPath": "/mnt/claims/models"}
THEIRS: Json = {"mountPath": "/pretrained"}
ONCE: dict[str, tuple[Json, Json, list[Json], Json, list[Json]]] = {
    "that is written, and read by the template": (
        {"output": "pvc://models/iris"}, {}, [READ],
        {"name": "lsml-output", "persistentVolumeClaim": CLAIM},
        [{"name": "lsml-output", **OWN}, {"name": "lsml-output", **THEIRS, "readOnly": True}],
    ),
    "that is read, and written by the template": (
        {"data": {"train": {"uri": "pvc://models/rows/*.csv"}}}, {}, [CLAIM],
        {"name": "lsml-data", "persistentVolumeClaim": CLAIM},
        [{"name": "lsml-data", **OWN, "readOnly": True}, {"name": "lsml-data", **THEIRS}],
    ),
    "of two volumes of the template": (
        {}, {"subPath": "iris"}, [READ, READ],
        {"name": "v0", "persistentVolumeClaim": READ},
        [{"name": "v0", **THEIRS, "subPath": "iris", "readOnly": True}],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("spec", "mount", "sources", "volume", "mounts"), ONCE.values(), ids=ONCE)
def test_a_claim_is_one_volume(spec: Json, mount: Json, sources: list[Json], volume: Json, mounts: list[Json]) -> None:
    """Of two volumes of one claim a kubelet mounts one; it waits for the other for minutes, and mounts it never."""
    volumes = [{"name": f"v{index}", "persistentVolumeClaim": source} for index, source in enumerate(sources)]
    last = {"name": volumes[-1]["name"], **THEIRS, **mount}
    raw = a_spec(template={"volumes": volumes, "volumeMounts": [last]}) | spec
    made = pod(raw_spec=raw)["spec"]
    assert made["volumes"][1:] == [volume]
    assert made["containers"][0]["volumeMounts"] == [TMP, *mounts]
