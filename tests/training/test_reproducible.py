"""`reproducible`: what may depend on the number of workers, and that each row counts exactly once either way."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

from lsml_trainer.elastic.ledger_check import check
from lsml_trainer.elastic.ledger_files import read_accounts
from lsml_trainer.elastic.ledger_lines import Block
from lsml_trainer.spec import Exit
from training.test_resuming import a_home
from training.test_worker import a_spec, live

NETWORK = {"mlp": {"hidden": [7], "dropout": 0.3}}
LEARNERS: dict[str, dict[str, Any]] = {
    "sgd": {"sgd": {"loss": "log_loss", "epochs": 4, "batchSize": 25}},
    "mlp with dropout, in pieces": {
        "deepLearning": {
            "network": NETWORK,
            "optimizer": {"adam": {}},
            "epochs": 4,
            "batchSize": 40,
            "accumulationSteps": 2,
        }
    },
}


def lived(folder: Path, algorithm: dict[str, Any], reproducible: str) -> tuple[dict[str, Any], int, str]:
    """The weights, the digest of the rows that were consumed, and what the model says of itself."""
    folder.mkdir()
    spec = a_spec(algorithm, output="pvc://models/iris", ledger="pvc://models/ledger", reproducible=reproducible)
    home = a_home(folder)
    assert live(home, spec, LSML_SHARDS="8")[0] == Exit.DONE
    models = home / "claims/models"
    accounts = read_accounts(models / "ledger")
    assert check(accounts).epochs == 4
    digest = sum(line.digest for account in accounts for line in account.lines if isinstance(line, Block)) % 2**64
    described = json.loads((models / "iris/model.json").read_bytes())
    return load_file(models / "iris/weights.safetensors"), digest, described["reproducible"]


@pytest.mark.parametrize("algorithm", LEARNERS.values(), ids=LEARNERS)
def test_statistical_takes_the_rows_of_bitwise_and_is_equal_to_rounding(
    tmp_path: Path, algorithm: dict[str, Any]
) -> None:
    bits, rows, said = lived(tmp_path / "bitwise", algorithm, "bitwise")
    close, same_rows, said_too = lived(tmp_path / "statistical", algorithm, "statistical")
    assert (said, said_too, rows) == ("bitwise", "statistical", same_rows)
    assert bits.keys() == close.keys()
    for name, array in bits.items():
        np.testing.assert_allclose(close[name], array, rtol=1e-3, atol=1e-5, err_msg=name)
    assert any(close[name].tobytes() != array.tobytes() for name, array in bits.items())  # or nothing was merged
