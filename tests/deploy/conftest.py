"""Helm, which renders the chart."""

import os
import shutil

import pytest

from localcluster.binaries import ensure
from localcluster.errors import ClusterError


@pytest.fixture(scope="session")
def helm() -> str:
    """The helm on the PATH, else the local cluster's own, which is built once where Go is; CI insists on one."""
    if found := shutil.which("helm"):
        return found
    try:
        return str(ensure(["helm"])["helm"])
    except ClusterError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"the chart is not rendered: {error}")
