"""Parts of a status in a line each, as people say them. Pure; a part may be of a newer operator, and lack anything."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from lsml_operator.cli.show.words import counted
from lsml_operator.texts import duration, in_binary
from lsml_operator.view.words import Object, age

ACCOUNTS = {
    "productiveSeconds": "productive",
    "startingSeconds": "starting",
    "waitingSeconds": "waiting for machines or people",
    "recoveringSeconds": "with too few workers left",
}


def goodput_text(goodput: Object, _: datetime) -> str:
    """Such as `87%: 10m12s productive · 41s starting`."""
    spent = " · ".join(f"{duration(goodput[name])} {words}" for name, words in ACCOUNTS.items() if goodput.get(name))
    share = "" if goodput.get("ratio") is None else f"{100 * goodput['ratio']:.0f}%"
    return ": ".join(filter(None, (share, spent)))


def cost_text(cost: Object, _: datetime) -> str:
    """Such as `1.25 USD`."""
    return f"{cost.get('amount') or 0:,.2f} {cost.get('currency') or ''}".rstrip()


def checkpoint_text(checkpoint: Object, now: datetime) -> str:
    """Such as `pvc://models/state · step 1,100 · 40s ago · 50Mi`."""

    def parts() -> Iterator[str]:
        yield str(checkpoint.get("uri") or "")
        yield "" if checkpoint.get("step") is None else f"step {checkpoint['step']:,}"
        yield f"{age(checkpoint['time'], now)} ago" if checkpoint.get("time") else ""
        yield in_binary(checkpoint["bytes"]) if checkpoint.get("bytes") else ""

    return " · ".join(filter(None, parts()))


def autoscale_text(autoscale: Object, _: datetime) -> str:
    """Such as `4 workers are as many as pay · 3 gave 61,000 rows/s · 4 gave 81,200 rows/s`."""
    workers = counted(autoscale.get("workers") or 0, "worker", "workers")
    said = f"{workers} are as many as pay" if autoscale.get("settled") else f"{workers}, whose speed is being measured"
    measured = (
        f"{one.get('workers')} gave {one.get('samplesPerSecond') or 0:,.0f} rows/s"
        for one in autoscale.get("measured") or ()
    )
    return " · ".join((said, *measured))


PARTS: Mapping[str, Callable[[Object, datetime], str]] = {
    "goodput": goodput_text,
    "cost": cost_text,
    "checkpoint": checkpoint_text,
    "autoscale": autoscale_text,
}
