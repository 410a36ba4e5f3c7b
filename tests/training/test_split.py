"""The split against scikit-learn's, row by row, wherever theirs gives one."""

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.model_selection import train_test_split

from lsml_trainer.data.labels import Labels
from lsml_trainer.data.split import split_rows
from lsml_trainer.errors import InvalidData
from lsml_trainer.spec import HeldOut


@given(
    st.lists(st.integers(0, 4), min_size=2, max_size=60),
    st.floats(0.01, 0.99),
    st.integers(0, 2**32 - 1),
    st.booleans(),
)
@settings(max_examples=150, deadline=None)
def test_the_rows_are_those_of_train_test_split_and_where_it_refuses_so_do_we(
    codes: list[int], fraction: float, seed: int, stratify: bool
) -> None:
    classes, y_N = np.unique(codes, return_inverse=True)
    labels, rows = Labels(y_N.astype(np.int64), tuple(classes.tolist())), np.arange(len(codes))
    try:
        theirs = train_test_split(rows, test_size=fraction, random_state=seed, stratify=y_N if stratify else None)
    except ValueError:
        theirs = None
    try:
        ours = split_rows(labels, HeldOut(fraction=fraction, seed=seed, stratify=stratify))
    except InvalidData:
        ours = None
    assert (ours is None) == (theirs is None)
    assume(ours is not None and theirs is not None)
    assert [part.tolist() for part in ours or ()] == [part.tolist() for part in theirs or ()]


def test_without_a_held_out_part_all_rows_train_in_their_order() -> None:
    train, test = split_rows(Labels(np.zeros(3), None), None)
    assert (train.tolist(), test.tolist()) == ([0, 1, 2], [])
