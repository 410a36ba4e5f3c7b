"""What all tests share: a test's mark follows from its folder, and so does who runs it where several processes do."""

from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

HERE = Path(__file__).parent
MARKED = ("cluster", "e2e", "faults")
SHARING = ("cluster", "e2e", "stores")
"""Folders whose tests share what takes long to start: a cluster, a store."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests below cluster/, e2e/ and faults/; those of e2e/ come first, since they take longest."""
    for item in items:
        folder = folder_of(item)
        if folder in MARKED:
            item.add_marker(folder)
    items.sort(key=lambda item: folder_of(item) != "e2e")


def folder_of(item: pytest.Item) -> str:
    return item.path.relative_to(HERE).parts[0]


class Together(LoadScopeScheduling):
    """One process runs all tests of a file, or of a folder that shares."""

    def _split_scope(self, nodeid: str) -> str:
        _, folder, *_ = nodeid.split("/")
        return folder if folder in SHARING else nodeid.partition("::")[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """Asked for where `--numprocesses` is given."""
    return Together(config, log)
