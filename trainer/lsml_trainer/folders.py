"""URIs of models as folders of this machine. Reads and writes nothing but the links it follows."""

from pathlib import Path

from lsml_trainer.errors import InvalidModel, OutputUnavailable
from lsml_trainer.spec import CLAIMS_FOLDER, claim_of

FILE_SCHEME = "file://"


class OutsideOfClaim(InvalidModel):
    """A path that leaves the claim it is in."""


def folder_of(uri: str, claims: Path = Path(CLAIMS_FOLDER)) -> Path:
    """The folder that a pvc:// or file:// URI, or a plain path, names; it need not exist, its claim must.

    Raises OutsideOfClaim where `..` or a link would lead out of the claim, OutputUnavailable without the claim.
    """
    claim_folder = claim_of(uri)
    if claim_folder is not None:
        return _inside(claims / claim_folder.claim, claim_folder.folder, uri)
    if uri.startswith(FILE_SCHEME):
        path = Path(uri.removeprefix(FILE_SCHEME))
        _refuse_parents(path, uri)
        return path
    if "://" in uri:
        raise InvalidModel(f"{uri}: a model is at pvc://CLAIM/FOLDER, file:///FOLDER or a plain path")
    return Path(uri)


def _inside(claim: Path, folder: str, uri: str) -> Path:
    _refuse_parents(Path(folder), uri)
    if not claim.is_dir():
        raise OutputUnavailable(f"{uri}: the claim {claim.name} is not mounted at {claim}")
    path = (claim / folder).resolve()
    if not path.is_relative_to(claim.resolve()):
        raise OutsideOfClaim(f"{uri}: a link in it leads out of the claim {claim.name}; name a folder inside")
    return path


def _refuse_parents(path: Path, uri: str) -> None:
    if ".." in path.parts:
        raise OutsideOfClaim(f"{uri}: '..' is not allowed in it")
