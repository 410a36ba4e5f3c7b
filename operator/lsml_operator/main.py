"""What `kopf run -m lsml_operator.main` loads, and what `python -m lsml_operator` runs."""

import logging
import os
import sys

import kopf

from lsml_operator import handlers
from lsml_operator.settings import MissingSetting, from_environment

__all__ = ["handlers", "run"]


def run() -> None:
    """Run the operator until it is told to stop."""
    logging.basicConfig(
        level=os.environ.get("LSML_LOG_LEVEL", "info").upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    try:
        settings = from_environment()
    except MissingSetting as missing:
        sys.exit(str(missing))
    namespace = settings.watch_namespace
    kopf.run(standalone=True, clusterwide=namespace is None, namespaces=[namespace] if namespace else [])
