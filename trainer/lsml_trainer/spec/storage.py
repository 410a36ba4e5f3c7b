"""Where a model is kept: URIs of folders, and what they mean in a pod or on a laptop."""

import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

CLAIM = r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?"
_FOLDER = r"[A-Za-z0-9_-][A-Za-z0-9._-]*"  # a part never begins with a dot, so `..` cannot be written

# pvc://CLAIM/FOLDER in a cluster; file:///FOLDER on one machine (`lsml run`), or on a volume of the template.
OutputUri = Annotated[str, Field(pattern=rf"^(pvc://{CLAIM}|file://)(/{_FOLDER})+$", max_length=1024)]

# Where a pod finds the claim that its output names: CLAIMS_FOLDER/CLAIM.
CLAIMS_FOLDER = "/mnt/claims"

_PVC = re.compile(rf"^pvc://(?P<claim>{CLAIM})/(?P<folder>.+)$")


@dataclass(frozen=True)
class ClaimFolder:
    """A folder of a PersistentVolumeClaim."""

    claim: str
    folder: str


def claim_of(uri: str) -> ClaimFolder | None:
    """The claim and folder that a pvc:// URI names; None for any other URI."""
    match = _PVC.match(uri)
    return ClaimFolder(match["claim"], match["folder"]) if match else None
