"""Axes with round numbers, and charts that are well-formed XML whatever the values."""

import math
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lsml_trainer.html_report.svg import Scale, Series, lines, round_step, scatter, short


def parsed(chart: str) -> ElementTree.Element:
    """The picture, without the legend that follows it."""
    return ElementTree.fromstring(chart.partition("</svg>")[0] + "</svg>")  # noqa: S314  our own text


def said_by(chart: str) -> list[str | None]:
    """The texts of its axes."""
    return [text.text for text in parsed(chart).iter("text")]


TICKS: dict[str, tuple[Scale, list[float]]] = {
    "round": (Scale(0, 10, 0, 1), [0, 2, 4, 6, 8, 10]),
    "begins between": (Scale(3, 27, 0, 1), [5, 10, 15, 20, 25]),
    "below one": (Scale(0, 0.7, 0, 1), pytest.approx([0, 0.2, 0.4, 0.6])),
    "a single value": (Scale(4, 4, 0, 1), [4]),
    "powers of ten": (Scale(0.01, 100, 0, 1, logarithmic=True), pytest.approx([0.01, 0.1, 1, 10, 100])),
}


@pytest.mark.parametrize(("scale", "want"), TICKS.values(), ids=TICKS)
def test_ticks_are_round(scale: Scale, want: list[float]) -> None:
    assert scale.ticks() == want


@given(st.floats(1e-300, 1e300))
def test_a_round_step_is_not_below_what_is_asked(rough: float) -> None:
    assert rough * (1 - 1e-9) <= round_step(rough) <= 5.1 * rough


def test_a_loss_that_falls_by_powers_of_ten_is_on_a_logarithmic_scale() -> None:
    chart = lines("loss", [Series("loss", [(0, 1000.0), (1, 1.0), (2, 0.01)])], "step", "loss")
    assert said_by(chart)[-7:-2] == ["0.1", "1", "10", "100", "1,000"]


def test_neighbouring_ticks_say_different_things() -> None:
    chart = lines("loss", [Series("loss", [(0, 1523.6), (1, 1523.9)])], "step", "loss")
    assert len(said_by(chart)) == len(set(said_by(chart)))


VALUES = st.floats(-1e300, 1e300)


@settings(max_examples=50)
@given(st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=5), st.text(max_size=5))
def test_a_chart_is_well_formed_and_its_coordinates_are_finite(points: list[tuple[float, float]], name: str) -> None:
    name = "".join(letter for letter in name if letter.isprintable())
    for chart in (lines(name, [Series(name, points)], name, "y"), scatter(name, points, "x", name)):
        drawn = parsed(chart)
        assert drawn.attrib["role"] == "img"
        assert drawn.find("title") is not None
        assert drawn.find("desc") is not None
        places = " ".join(value for part in drawn.iter() for key, value in part.items() if key in ("d", "cx", "cy"))
        assert "nan" not in places
        assert "inf" not in places


NUMBERS = {0: "0", 12000.0: "12,000", 0.25: "0.25", 3e-05: "3e-05", 1523.5: "1,524", 1.5e9: "1.5e+09", -2.0: "-2"}


@pytest.mark.parametrize(("value", "want"), NUMBERS.items(), ids=str)
def test_numbers_are_for_people(value: float, want: str) -> None:
    assert short(value) == want
    assert math.isclose(float(short(value).replace(",", "")), value, rel_tol=1e-3)
