"""Prometheus itself, and promtool, from Debian's package; CI insists on them."""

import os

import pytest

from localcluster import ClusterError, packages

PROGRAMS = {"prometheus": "prometheus", "promtool": "prometheus"}


@pytest.fixture(scope="session", autouse=True)
def programs() -> None:
    """Both are installed, or these tests are skipped."""
    try:
        packages.ensure(PROGRAMS)
    except ClusterError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"no Prometheus on this machine: {error}")
