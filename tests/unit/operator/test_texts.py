"""Numbers and times as people read them."""

from datetime import UTC, datetime

import pytest

from lsml_operator.texts import duration, in_binary, seconds_of, short_number, stamp

DURATIONS = {
    0: "0s",
    0.4: "0s",
    8.6: "9s",
    59: "59s",
    59.7: "1m",
    60: "1m",
    130: "2m10s",
    3599: "59m59s",
    3600: "1h",
    3659: "1h",
    11_100: "3h5m",
    86_400: "1d",
    4 * 86_400 + 2 * 3600 + 1800: "4d2h",
    1e12: "11574074d1h",
}

NUMBERS = {0.0: "0", 0.25: "0.25", 1 / 3: "0.3333", 12_345.6: "1.235e+04", -2.5: "-2.5", 1e-300: "1e-300"}


@pytest.mark.parametrize(("seconds", "wanted"), DURATIONS.items())
def test_duration(seconds: float, wanted: str) -> None:
    assert duration(seconds) == wanted


@pytest.mark.parametrize("seconds", [0, 8, 59, 130, 3599, 11_100, 360_000])
def test_a_duration_is_read_again(seconds: float) -> None:
    assert seconds_of(duration(seconds)) == seconds


WORDS = {"2y": 2 * 365 * 86400, "3m": 180, "": None, "<unknown>": None, "<invalid>": None}


@pytest.mark.parametrize(("words", "wanted"), WORDS.items())
def test_the_seconds_of_the_api_server(words: str, wanted: float | None) -> None:
    assert seconds_of(words) == wanted


@pytest.mark.parametrize(("value", "wanted"), NUMBERS.items())
def test_short_number(value: float, wanted: str) -> None:
    assert short_number(value) == wanted


BYTES = {0: "0", 1023: "1023", 1024: "1Ki", 1000 * 2**20: "1000Mi", 3.75 * 2**30: "3.75Gi", 2.0**42: "4Ti"}


@pytest.mark.parametrize(("count", "wanted"), BYTES.items())
def test_in_binary(count: float, wanted: str) -> None:
    assert in_binary(count) == wanted


def test_a_stamp_is_read_back_as_the_same_time() -> None:
    noon = datetime(2025, 6, 1, 12, 0, 0, 250_000, tzinfo=UTC)
    assert stamp(noon) == "2025-06-01T12:00:00Z"
    assert stamp(noon, "milliseconds") == "2025-06-01T12:00:00.250Z"
    assert stamp(noon, "microseconds") == "2025-06-01T12:00:00.250000Z"
    assert datetime.fromisoformat(stamp(noon, "milliseconds")) == noon
