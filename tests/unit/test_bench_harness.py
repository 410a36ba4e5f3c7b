"""The benchmarks' harness: ratios by rounds, and a section of RESULTS.md that is replaced, not the others."""

from pathlib import Path

import pytest

from bench.harness import Options, Row, compare, quartiles, seconds_in_words, write


def test_a_row_compares_ours_with_each_rival_and_judges_the_quality() -> None:
    contenders = {"ours": lambda: 1.0, "A": lambda: 1.0, "B": lambda: 2.0}
    rows = list(
        compare(
            "a case",
            contenders,
            Options(rounds=1, only="", scale=1.0),
            goal={"A": 0.5},
            quality=lambda own, other: (own == other, f"{own} {other}"),
        )
    )
    assert [(row.case, row.rival, row.goal, row.quality, row.holds) for row in rows] == [
        ("a case", "A", "0.5", "1.0 1.0", True),
        ("a case", "B", "", "1.0 2.0", False),
    ]
    assert rows[1].cells()[-1] == "WORSE: 1.0 2.0"


def test_cases_that_are_not_wanted_are_not_run() -> None:
    assert list(compare("rbf", {"ours": pytest.fail}, Options(rounds=1, only="linear", scale=1.0))) == []


def test_a_section_is_replaced_and_the_others_stay(tmp_path: Path) -> None:
    results = tmp_path / "RESULTS.md"
    for name, ours in (("svm", "1 s"), ("mlp", "2 s"), ("svm", "3 s")):
        write(results, name, [Row("a case", ours)])
    text = results.read_text()
    assert text.startswith("# Ours against what people use")
    assert text.index("## mlp") < text.index("## svm")
    assert (text.count("## "), "| 1 s |" in text, "| 2 s |" in text, "| 3 s |" in text) == (2, False, True, True)


@pytest.mark.parametrize(
    ("seconds", "words"), [(12.34, "12.3 s"), (0.012, "12 ms"), (3e-6, "3 us"), (1e-9, "0.001 us")]
)
def test_seconds_are_said_in_the_unit_that_fits(seconds: float, words: str) -> None:
    assert seconds_in_words(seconds) == words


def test_quartiles_of_one_round_are_that_round() -> None:
    assert quartiles([2.0]) == (2.0, 2.0, 2.0)
    assert quartiles([1.0, 2.0, 3.0]) == (1.5, 2.0, 2.5)
