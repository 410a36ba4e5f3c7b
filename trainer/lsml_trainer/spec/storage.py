"""Where a model is kept: URIs of folders, and what they mean in a pod or on a laptop."""

import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

CLAIM = r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?"
_FOLDER = r"[A-Za-z0-9_-][A-Za-z0-9._-]*"  # a part never begins with a dot, so `..` cannot be written

BUCKET = r"[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]"

# pvc://CLAIM/FOLDER in a cluster; file:///FOLDER on one machine (`lsml run`), or on a volume of the template.
FolderUri = Annotated[str, Field(pattern=rf"^(pvc://{CLAIM}|file://)(/{_FOLDER})+$", max_length=1024)]
# Or a folder of a bucket. Neither keys nor an endpoint: they are in the environment.
OutputUri = Annotated[
    str, Field(pattern=rf"^(pvc://{CLAIM}|file://|(s3|gs)://{BUCKET})(/{_FOLDER})+$", max_length=1024)
]

# Where a pod finds the claim that its output names: CLAIMS_FOLDER/CLAIM.
CLAIMS_FOLDER = "/mnt/claims"

_IN_BUCKET = re.compile(rf"(?P<scheme>s3|gs)://(?P<bucket>{BUCKET})/(?P<folder>{_FOLDER}(/{_FOLDER})*)")
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


@dataclass(frozen=True)
class BucketFolder:
    """A folder of an object store."""

    scheme: str
    """s3 or gs."""
    bucket: str
    folder: str


def bucket_folder_of(uri: str) -> BucketFolder | None:
    """The bucket and folder that an s3:// or gs:// URI names; None for any other URI."""
    match = _IN_BUCKET.fullmatch(uri)
    return BucketFolder(match["scheme"], match["bucket"], match["folder"]) if match else None
