"""Charts as inline SVG: axes with round numbers, a title and a description for those who do not see it. Pure.

Colours are CSS variables of the page, so that a chart is light or dark with it. Coordinates are of a view box WIDTH x
HEIGHT; a Scale maps values to it.
"""

import math
from collections.abc import Sequence
from html import escape
from itertools import pairwise
from typing import NamedTuple

WIDTH, HEIGHT = 640, 300
LEFT, RIGHT, TOP, BOTTOM = 84, 30, 12, 46

Pairs = Sequence[tuple[float, float]]


class Series(NamedTuple):
    """A line of a chart."""

    name: str
    points: Pairs


class Scale(NamedTuple):
    """From values to coordinates."""

    low: float
    high: float
    begin: float
    end: float
    logarithmic: bool = False

    def at(self, value: float) -> float:
        """The coordinate of a value."""
        low, high, value = (math.log10(v) if self.logarithmic else v for v in (self.low, self.high, value))
        return self.begin + (self.end - self.begin) * ((value - low) / (high - low) if high > low else 0.5)

    def ticks(self) -> list[float]:
        """Round values that lie on it."""
        if self.logarithmic:
            first, last = math.ceil(math.log10(self.low) - 1e-9), math.floor(math.log10(self.high) + 1e-9)
            every = max(1, (last - first) // 5)
            return [10.0**power for power in range(first, last + 1, every)] or [self.low, self.high]
        if self.high <= self.low:
            return [self.low]
        step = round_step((self.high - self.low) / 5)
        first = math.ceil(self.low / step - 1e-9)
        return [index * step for index in range(first, math.floor(self.high / step + 1e-9) + 1)]


def round_step(rough: float) -> float:
    """The smallest of 1, 2 and 5 times a power of ten that is not below `rough`."""
    power = 10.0 ** math.floor(math.log10(rough))
    return next(factor * power for factor in (1.0, 2.0, 5.0, 10.0) if factor * power >= rough * (1 - 1e-9))


def lines(title: str, series: Sequence[Series], x_name: str, y_name: str, *, square: bool = False) -> str:
    """Lines over x; where y spans more than two powers of ten and is positive, on a logarithmic scale.

    `square`: both axes from 0 to 1, with the diagonal.
    """
    x, y = _scales([point for one in series for point in one.points], square)
    diagonal = f'<path class="rule" d="{_path([(0, 0), (1, 1)], x, y)}"/>' if square else ""
    drawn = "".join(
        f'<path class="line {_class(place)}" d="{_path(one.points, x, y)}"/>'
        if len(one.points) > 1
        else _dots(one, x, y)
        for place, one in enumerate(series)
    )
    return _chart(title, _described(title, series), x, y, x_name, y_name, diagonal + drawn) + _legend(series)


def scatter(title: str, points: Pairs, x_name: str, y_name: str, *, level: float | None = None) -> str:
    """Points, and a horizontal rule at `level`, or else the diagonal where both are equal."""
    x, y = _scales(points, square=False)
    if level is None:
        low, high = max(x.low, y.low), min(x.high, y.high)
        rule = [(low, low), (high, high)] if low < high else []
    else:
        rule = [(x.low, level), (x.high, level)]
    dots = _dots(Series(title, points), x, y)
    body = (f'<path class="rule" d="{_path(rule, x, y)}"/>' if rule else "") + dots
    return _chart(title, f"{title}: {len(points)} points.", x, y, x_name, y_name, body)


def _scales(points: Pairs, square: bool) -> tuple[Scale, Scale]:
    ends = (LEFT, WIDTH - RIGHT), (HEIGHT - BOTTOM, TOP)
    if square:
        return Scale(0, 1, *ends[0]), Scale(0, 1, *ends[1])
    columns = list(zip(*points, strict=True)) or [(0.0,), (0.0,)]
    (x_low, x_high), (low, high) = ((min(column), max(column)) for column in columns)
    logarithmic = low > 0 and high / low > 100
    return Scale(x_low, x_high, *ends[0]), Scale(low, high, *ends[1], logarithmic)


def _chart(title: str, said: str, x: Scale, y: Scale, x_name: str, y_name: str, body: str) -> str:
    middle = (LEFT + WIDTH - RIGHT) / 2, (TOP + HEIGHT - BOTTOM) / 2
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img"><title>{escape(title)}</title><desc>{escape(said)}</desc>'
        f"{''.join(map(_upright, *_marks(x)))}{''.join(map(_level, *_marks(y)))}{body}"
        f'<text class="name" x="{middle[0]}" y="{HEIGHT - 8}">{escape(x_name)}</text>'
        f'<text class="name" transform="translate(16 {middle[1]}) rotate(-90)">{escape(y_name)}</text></svg>'
    )


def _marks(scale: Scale) -> tuple[list[float], list[str]]:
    """Where the ticks are, and what they say."""
    ticks = scale.ticks()
    step = 0.0 if scale.logarithmic else min((b - a for a, b in pairwise(ticks)), default=0.0)
    return [scale.at(tick) for tick in ticks], [_of_step(tick, step) for tick in ticks]


def _of_step(tick: float, step: float) -> str:
    """With as many digits as tell it from its neighbours."""
    if not step or step >= 1 or abs(tick) >= 1e6 or step < 1e-6:
        return short(tick)
    return f"{tick:,.{math.ceil(-math.log10(step) - 1e-9)}f}"


def _upright(at: float, text: str) -> str:
    rule = f'<path class="grid" d="M{at:.1f} {TOP}V{HEIGHT - BOTTOM}"/>'
    return f'{rule}<text class="tick" x="{at:.1f}" y="{HEIGHT - BOTTOM + 16}">{text}</text>'


def _level(at: float, text: str) -> str:
    rule = f'<path class="grid" d="M{LEFT} {at:.1f}H{WIDTH - RIGHT}"/>'
    return f'{rule}<text class="tick end" x="{LEFT - 8}" y="{at + 4:.1f}">{text}</text>'


def _path(points: Pairs, x: Scale, y: Scale) -> str:
    return "M" + "L".join(f"{x.at(a):.1f} {y.at(b):.1f}" for a, b in points)


def _dots(series: Series, x: Scale, y: Scale) -> str:
    return "".join(f'<circle class="dot" cx="{x.at(a):.1f}" cy="{y.at(b):.1f}" r="2.5"/>' for a, b in series.points)


def _class(place: int) -> str:
    """Six colours, then the same broken."""
    return f"c{place % 6}{' broken' if place >= 6 else ''}"


def _described(title: str, series: Sequence[Series]) -> str:
    """What the lines do, in words."""
    said = [
        f"{one.name} goes from {short(one.points[0][1])} to {short(one.points[-1][1])} in {len(one.points)} points"
        for one in series
        if one.points
    ]
    return f"{title}: {'; '.join(said)}."


def _legend(series: Sequence[Series]) -> str:
    if len(series) < 2:
        return ""
    entries = "".join(f'<li class="{_class(place)}">{escape(one.name)}</li>' for place, one in enumerate(series))
    return f'<ul class="legend">{entries}</ul>'


def short(value: float) -> str:
    """A number for a person: 12,000; 0.25; 3e-05."""
    if value == 0:
        return "0"
    if 1e-3 <= abs(value) < 1e6:
        return f"{value:,.4f}".rstrip("0").rstrip(".") if abs(value) < 1000 else f"{value:,.0f}"
    return f"{value:.3g}"
