"""What a cluster was asked to be, remembered in its folder from before anything is started until all of it is gone.

Must not hold what can be derived, or what happens to be so at the moment.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from .paths import ClusterPaths, state_root
from .slots import Slot


@dataclass(frozen=True)
class Settings:
    """Enough to bring the same cluster up again, or down."""

    slot_number: int
    nodes: int
    controllers: bool

    @property
    def slot(self) -> Slot:
        return Slot(self.slot_number)

    def __str__(self) -> str:
        if self.nodes:
            return f"{self.nodes} node{'s' if self.nodes > 1 else ''}"
        return "a control plane with controllers" if self.controllers else "a control plane only"


def load(paths: ClusterPaths) -> Settings | None:
    """The cluster's settings; None when there is no such cluster."""
    return _read(paths.settings)


def save(paths: ClusterPaths, settings: Settings) -> None:
    """Write the settings whole or not at all."""
    paths.root.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = paths.settings.with_suffix(".new")
    temporary.write_text(json.dumps(asdict(settings)))
    temporary.replace(paths.settings)


def all_clusters() -> dict[str, Settings]:
    """Every cluster of this user, by name, up or not."""
    files = sorted(state_root().glob("*/cluster.json"))
    return {file.parent.name: settings for file in files if (settings := _read(file))}


def _read(file: Path) -> Settings | None:
    try:
        return Settings(**json.loads(file.read_text()))
    except (OSError, ValueError, TypeError):
        return None
