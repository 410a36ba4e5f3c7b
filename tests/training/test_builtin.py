"""The data sets of scikit-learn, read without it: the values of its loaders, to the bit."""

import subprocess
import sys

import numpy as np
import pytest
from sklearn import datasets

from lsml_trainer.data.builtin import LABEL, READERS, read_builtin
from lsml_trainer.errors import InvalidData
from lsml_trainer.spec import BUILTIN_NAMES


def test_the_schema_knows_the_data_sets_that_there_are() -> None:
    assert tuple(READERS) == BUILTIN_NAMES


@pytest.mark.parametrize("name", BUILTIN_NAMES)
def test_columns_names_and_classes_are_those_of_the_loader(name: str) -> None:
    theirs = getattr(datasets, f"load_{name}")()
    ours = read_builtin(f"builtin://{name}")
    *features, label = ours.columns
    assert (features, label) == ([str(feature) for feature in theirs.feature_names], LABEL)
    np.testing.assert_array_equal(np.column_stack([ours.columns[feature] for feature in features]), theirs.data)
    np.testing.assert_array_equal(ours.columns[LABEL], theirs.target, strict=True)
    named = name in ("iris", "wine", "breast_cancer")
    assert ours.class_names == ({LABEL: tuple(theirs.target_names)} if named else {})


def test_a_name_that_is_none_of_them_is_refused_with_those_there_are() -> None:
    with pytest.raises(InvalidData) as refusal:
        read_builtin("builtin://moons")
    assert str(refusal.value) == (
        "data.train.uri builtin://moons: there is no such data set; "
        "there are iris, wine, breast_cancer, digits, diabetes"
    )


def test_training_does_not_wait_for_scikit_learn_to_be_imported() -> None:
    program = (
        "import sys; from lsml_trainer.data import load_problem; from lsml_trainer.spec import Data, TrainData;"
        "load_problem(Data(train=TrainData(uri='builtin://iris')), learns_classes=True);"
        "sys.exit('sklearn' in sys.modules or 'scipy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
