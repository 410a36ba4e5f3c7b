"""The losses of a job since one looks, one a report, bounded."""

from collections.abc import Mapping
from typing import Any

from lsml_operator.cli.show.words import dig

MOST = 4096


class Losses:
    """Grows with each new report; beyond `most` values each second one is dropped, so that the whole course stays."""

    def __init__(self, most: int = MOST) -> None:
        self.values: list[float] = []
        self._most = most
        self._reported: str | None = None

    def see(self, job: Mapping[str, Any]) -> None:
        """Takes the loss of the job's last report, if that is a new one."""
        progress = dig(job, "status.progress") or {}
        loss = next((metric["value"] for metric in progress.get("metrics") or () if metric["name"] == "loss"), None)
        if loss is None or progress.get("updatedAt") == self._reported:
            return
        self._reported = progress.get("updatedAt")
        self.values.append(loss)
        if len(self.values) > self._most:
            del self.values[1::2]
