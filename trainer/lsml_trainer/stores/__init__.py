"""Where models and checkpoints are kept: folders of a disk and of a bucket, behind one interface."""

import os
from pathlib import Path

from lsml_trainer.errors import InvalidModel
from lsml_trainer.folders import folder_of
from lsml_trainer.spec import CLAIMS_FOLDER, bucket_folder_of
from lsml_trainer.stores.base import Store, Unreadable
from lsml_trainer.stores.disk import DiskStore

__all__ = ["DiskStore", "Store", "Unreadable", "is_in_bucket", "store_of"]


def is_in_bucket(place: str | os.PathLike[str]) -> bool:
    """Whether it begins as a folder of a bucket does."""
    return os.fspath(place).startswith(("s3://", "gs://"))


def store_of(place: str | os.PathLike[str], claims: Path = Path(CLAIMS_FOLDER)) -> Store:
    """The folder at s3://BUCKET/FOLDER, gs://BUCKET/FOLDER, pvc://CLAIM/FOLDER, file:///FOLDER or a plain path.

    Raises as `folder_of`; InvalidModel, without its words, for an address that may have a password in it.
    """
    if not is_in_bucket(place):
        return DiskStore(folder_of(os.fspath(place), claims))
    uri = os.fspath(place)
    found = bucket_folder_of(uri)
    if found is None:
        raise InvalidModel(
            "a folder of a bucket is s3://BUCKET/FOLDER or gs://BUCKET/FOLDER; keys and endpoints belong into the "
            "environment (AWS_ACCESS_KEY_ID, AWS_ENDPOINT_URL)"
        )
    from lsml_trainer.stores.bucket import BucketStore  # noqa: PLC0415  (imports pyarrow)

    return BucketStore.at(found)
