"""What an installation chooses."""

import os

import pytest

from lsml_operator.settings import MissingSetting, NodePrice, Settings, from_environment

IMAGE = {"LSML_TRAINER_IMAGE": "lsml/trainer:1"}

CASES: dict[str, tuple[dict[str, str], Settings]] = {
    "only what must be": (IMAGE, Settings("lsml/trainer:1", identity=os.uname().nodename)),
    "everything": (
        {
            **IMAGE,
            "LSML_TRAINER_PULL_POLICY": "Never",
            "LSML_NAMESPACE": "lsml-system",
            "LSML_POD_NAME": "operator-0",
            "LSML_WATCH_NAMESPACE": "team",
            "LSML_HTTP_PORT": "9000",
            "LSML_INGRESS": '[{"from": []}]',
            "LSML_EGRESS": '[{"ports": [{"port": 443}]}]',
            "LSML_PRICES": '{"cpu": 0.04}',
            "LSML_NODE_PRICES": '[{"matchLabels": {"spot": "true"}, "factor": 0.3}]',
            "LSML_CURRENCY": "EUR",
            "LSML_OPEN_METRICS": "true",
        },
        Settings(
            "lsml/trainer:1",
            "Never",
            "lsml-system",
            "operator-0",
            "team",
            9000,
            ingress=({"from": []},),
            egress=[{"ports": [{"port": 443}]}],
            prices={"cpu": 0.04},
            node_prices=(NodePrice({"spot": "true"}, factor=0.3),),
            currency="EUR",
            open_metrics=True,
        ),
    ),
    "empty is unset": (
        {
            **IMAGE,
            "LSML_TRAINER_PULL_POLICY": "",
            "LSML_NAMESPACE": "",
            "LSML_POD_NAME": "operator-0",
            "LSML_WATCH_NAMESPACE": "",
            "LSML_HTTP_PORT": "",
            "LSML_INGRESS": "",
            "LSML_EGRESS": "",
            "LSML_PRICES": "",
            "LSML_CURRENCY": "",
            "LSML_OPEN_METRICS": "",
        },
        Settings("lsml/trainer:1", identity="operator-0"),
    ),
}


@pytest.mark.parametrize(("environ", "wanted"), CASES.values(), ids=CASES)
def test_settings(environ: dict[str, str], wanted: Settings) -> None:
    assert from_environment(environ) == wanted


@pytest.mark.parametrize("environ", [{}, {"LSML_TRAINER_IMAGE": ""}], ids=["unset", "empty"])
def test_the_trainers_image_has_no_default(environ: dict[str, str]) -> None:
    with pytest.raises(MissingSetting, match=r"^LSML_TRAINER_IMAGE is not set: name the image"):
        from_environment(environ)
