"""A saved model from its folder. Believes nothing that it finds there: no byte of it is unpickled or run.

A network that is a person's own module names a function to call. That of a model from somebody else could be any
function of this machine, so whoever loads it says that he trusts it.
"""

import os
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as from_safetensors

from lsml_trainer.algorithms import learns_classes, predictor
from lsml_trainer.data.preprocessing import MEAN, SCALE
from lsml_trainer.errors import DataUnavailable, InvalidModel, OutputUnavailable
from lsml_trainer.manifest import MANIFEST_NAME, MOST_BYTES, WEIGHTS_NAME, Manifest, digest_of, read_manifest
from lsml_trainer.model import Model
from lsml_trainer.spec import CLAIMS_FOLDER
from lsml_trainer.stores import Store, Unreadable, store_of


def load(uri: str | os.PathLike[str], *, trust_module: bool = False) -> Model:
    """The model at s3://BUCKET/FOLDER, gs://…, pvc://CLAIM/FOLDER (claims: $LSML_CLAIMS), file:///FOLDER or a path.

    Raises InvalidModel where there is none, its weights are not those that were saved, or it names a module of its
    author's that is not trusted; DataUnavailable where the bucket does not answer.
    """
    claims = Path(os.environ.get("LSML_CLAIMS", CLAIMS_FOLDER))
    try:
        folder = store_of(uri, claims)
    except OutputUnavailable as error:
        raise InvalidModel(str(error)) from None
    manifest = read_manifest(_read(folder, MANIFEST_NAME, most_bytes=MOST_BYTES), f"{folder}/{MANIFEST_NAME}")
    _refuse_strangers_code(manifest, folder, trust_module)
    content = _read(folder, WEIGHTS_NAME, manifest.weights_digest)
    digest = digest_of(content)
    if digest != manifest.weights_digest:
        raise InvalidModel(
            f"{folder}/{WEIGHTS_NAME} has {digest}, {MANIFEST_NAME} says {manifest.weights_digest}: "
            f"the file was changed or damaged; train or copy the model again"
        )
    return _model(manifest, content, folder)


def _refuse_strangers_code(manifest: Manifest, folder: Store, trust_module: bool) -> None:
    network = manifest.algorithm.deep_learning and manifest.algorithm.deep_learning.network
    if network and network.module is not None and not trust_module:
        raise InvalidModel(
            f"{folder} is a network of the function {network.module}, which would be called here; if you trust whoever "
            f"made the model, load it with trust_module=True (--trust-module, spec.model.trustModule)"
        )


def _model(manifest: Manifest, content: bytes, folder: Store) -> Model:
    if learns_classes(manifest.algorithm) != (manifest.classes is not None):
        raise InvalidModel(f"{folder}/{MANIFEST_NAME}: {manifest.algorithm.kind} and the classes contradict")
    try:
        arrays = from_safetensors(content)
        preprocessing = manifest.preprocessing.built(arrays)
        weights = {name: arrays[name] for name in arrays if name not in (MEAN, SCALE)}
        made = predictor(manifest.algorithm, weights)
        # Arrays that do not fit are found now, not later.
        made.decision_function(preprocessing.scaled(np.zeros((1, len(preprocessing.names_out)))))
    except (SafetensorError, LookupError, ValueError, RuntimeError) as error:
        words = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InvalidModel(f"{folder}/{WEIGHTS_NAME} does not hold what {MANIFEST_NAME} says: {words}") from None
    return Model(manifest, weights, made, preprocessing)


def _read(folder: Store, name: str, digest: str | None = None, most_bytes: int | None = None) -> bytes:
    try:
        return folder.read(name, digest, most_bytes)
    except Unreadable as error:
        raise InvalidModel(str(error)) from None
    except OSError as error:
        if folder.may_answer_later(error):
            raise DataUnavailable(f"{folder}/{name} cannot be read: {error.strerror}; it is tried again") from None
        raise InvalidModel(f"there is no model at {folder}: {name}: {error.strerror}") from None
