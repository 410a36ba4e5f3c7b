"""What the benchmarks share: contenders in turns, medians, ratios, a check of quality, and a table in RESULTS.md.

    def main(options: Options) -> Iterator[Row]:
        yield from compare("20,000 rows", {"ours": work, "SVC": their_work}, options, goal=0.05, quality=same_dual)

    if __name__ == "__main__":
        run(__file__, main)

One file alone: `make bench BENCHES=tests/bench/svm.py BENCH_ARGS="--rounds 3 --only rbf"`; with `--scale 0.01` it
is tried out on a hundredth of the rows.

Contenders run in turns, one round after another, since a machine is never equally quiet twice: a ratio is the median
of the rounds' ratios. Its spread are the quartiles. The processor's time is that of all threads; on a machine that does
other things its ratio is worth more than the wall's.
"""

import argparse
import os
import platform
import re
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).with_name("RESULTS.md")
LIBRARIES = ("numpy", "scipy", "numba", "scikit-learn", "scikit-learn-intelex", "torch", "lightning", "pyarrow")
CALIBRATE_SECONDS = 0.05
"""Work that is shorter is repeated until a round takes so long."""

Work = Callable[[], Any]
Quality = Callable[[Any, Any], tuple[bool, str]]
"""(what ours gave, what theirs gave) -> whether ours is as good, and the two numbers in words."""


@dataclass(frozen=True)
class Options:
    """What the command line says."""

    rounds: int
    only: str
    """Cases whose name has this in it."""
    scale: float
    """Of the number of rows: 0.01 tries a benchmark out."""

    def rows(self, rows: int) -> int:
        """The rows of a case at this scale."""
        return max(200, int(rows * self.scale))

    def wants(self, case: str) -> bool:
        """Whether the case is to be run."""
        return self.only in case


@dataclass(frozen=True)
class Times:
    """Seconds of each round."""

    wall: tuple[float, ...]
    processor: tuple[float, ...]


@dataclass(frozen=True)
class Row:
    """A line of the table."""

    case: str
    ours: str
    rival: str = ""
    theirs: str = ""
    ratio: str = ""
    """Median (quartiles) of ours / theirs by the wall's time."""
    processor_ratio: str = ""
    goal: str = ""
    quality: str = ""
    holds: bool = True
    """Whether the quality is equal."""

    def cells(self) -> tuple[str, ...]:
        """As the table has them."""
        quality = self.quality if self.holds else f"WORSE: {self.quality}"
        return (
            self.case,
            self.ours,
            self.rival,
            self.theirs,
            self.ratio,
            self.processor_ratio,
            self.goal,
            quality,
        )


HEADINGS = ("case", "ours", "rival", "theirs", "ours / theirs", "by processor", "at most", "quality")


def compare(
    case: str,
    contenders: Mapping[str, Work],
    options: Options,
    *,
    goal: float | Mapping[str, float] | None = None,
    quality: Quality | None = None,
) -> Iterator[Row]:
    """A row for each rival of the first contender; a goal is of all rivals, or of some by name."""
    if not options.wants(case):
        return
    times, outcomes = in_turns(contenders, options.rounds)
    ours, *rivals = contenders
    for rival in rivals:
        bound = goal.get(rival) if isinstance(goal, Mapping) else goal
        holds, words = quality(outcomes[ours], outcomes[rival]) if quality else (True, "")
        yield Row(
            case=case,
            ours=seconds_in_words(statistics.median(times[ours].wall)),
            rival=rival,
            theirs=seconds_in_words(statistics.median(times[rival].wall)),
            ratio=_ratio(times[ours].wall, times[rival].wall),
            processor_ratio=_ratio(times[ours].processor, times[rival].processor),
            goal="" if bound is None else f"{bound:g}",
            quality=words,
            holds=holds,
        )


def in_turns(contenders: Mapping[str, Work], rounds: int) -> tuple[dict[str, Times], dict[str, Any]]:
    """The times, and what each gave in its first round, which also warms it up where it is short."""
    counts, outcomes = {}, {}
    for name, work in contenders.items():
        begun = time.perf_counter()
        outcomes[name] = work()
        counts[name] = max(1, int(CALIBRATE_SECONDS / max(1e-7, time.perf_counter() - begun)))
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, work in contenders.items():
            found[name].append(_round(work, counts[name]))
    return {name: Times(*zip(*pairs, strict=True)) for name, pairs in found.items()}, outcomes


def _round(work: Work, count: int) -> tuple[float, float]:
    wall, processor = time.perf_counter(), time.process_time()
    for _ in range(count):
        work()
    return (time.perf_counter() - wall) / count, (time.process_time() - processor) / count


def _ratio(ours: Sequence[float], theirs: Sequence[float]) -> str:
    ratios = [one / other for one, other in zip(ours, theirs, strict=True) if other > 0]
    if not ratios:
        return ""
    low, middle, high = quartiles(ratios)
    return f"{middle:.3g} ({low:.3g}..{high:.3g})"


def quartiles(values: Sequence[float]) -> tuple[float, float, float]:
    """Of one value: three times itself."""
    if len(values) == 1:
        return values[0], values[0], values[0]
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, middle, high


def seconds_in_words(seconds: float) -> str:
    """In the unit that fits."""
    unit, factor = next((u, f) for u, f in (("s", 1.0), ("ms", 1e3), ("us", 1e6)) if seconds * f >= 1 or u == "us")
    return f"{seconds * factor:.3g} {unit}"


def run(file: str, main: Callable[[Options], Iterable[Row]]) -> None:
    """Runs a benchmark's main, prints its rows as they come, and with --write puts them into RESULTS.md."""
    name = Path(file).stem
    arguments = _arguments(name)
    options = Options(arguments.rounds, arguments.only, arguments.scale)
    print(f"{name}: {machine()}\n{_line(HEADINGS)}\n{_line(['---'] * len(HEADINGS))}", flush=True)
    rows = []
    for row in main(options):
        rows.append(row)
        print(_line(row.cells()), flush=True)
    if arguments.write:
        write(RESULTS, name, rows)
    if not all(row.holds for row in rows):
        sys.exit(f"{name}: a result is worse than the rival's, so that its time says nothing")


def _arguments(name: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=f"make bench BENCHES=tests/bench/{name}.py BENCH_ARGS=...")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each contender (default: 5)")
    parser.add_argument("--only", default="", help="cases whose name has this in it")
    parser.add_argument("--scale", type=float, default=1.0, help="of the rows; 0.01 tries it out (default: 1)")
    parser.add_argument("--write", action="store_true", help=f"put the table into {RESULTS.name}")
    return parser.parse_args()


def machine() -> str:
    """What the figures belong to."""
    versions = ", ".join(f"{name} {_version(name)}" for name in LIBRARIES if _version(name))
    threads = os.environ.get("OMP_NUM_THREADS", "all")
    cpus = len(os.sched_getaffinity(0))
    return f"{_processor()}, {cpus} CPUs, OMP_NUM_THREADS {threads}, Python {platform.python_version()}, {versions}"


def _processor() -> str:
    found = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return found[1] if found else platform.machine()


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return ""


def write(results: Path, name: str, rows: Sequence[Row]) -> None:
    """The benchmark's section has been replaced, or added, and the others are as they were."""
    text = results.read_text() if results.exists() else PREFACE
    table = "\n".join([_line(HEADINGS), _line(["---"] * len(HEADINGS)), *(_line(row.cells()) for row in rows)])
    section = f"## {name}\n\n{machine()}\n\n{table}\n"
    parts = re.split(r"^(?=## )", text, flags=re.MULTILINE)
    kept = [part for part in parts[1:] if not part.startswith(f"## {name}\n")]
    results.write_text("\n".join(part.rstrip("\n") + "\n" for part in [parts[0], *sorted([*kept, section])]))


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


PREFACE = """# Ours against what people use

Written by `make bench`: a section a file of this folder, whose first lines say what is compared. Times are medians;
ratios are medians of rounds in turns, with their quartiles. `quality` shows that the results are equally good.
"""
