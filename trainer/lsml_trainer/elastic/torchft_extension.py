"""torchft's quorum service and its clients, out of its extension module alone: the package around it imports torch."""

from functools import cache
from importlib.machinery import ExtensionFileLoader
from importlib.metadata import files
from importlib.util import module_from_spec, spec_from_loader
from types import ModuleType


@cache
def torchft_extension() -> ModuleType:
    """With LighthouseServer, ManagerServer and ManagerClient; their types are in torchft/_torchft.pyi."""
    (extension,) = (
        file for file in files("torchft") or () if file.name.startswith("_torchft") and file.suffix == ".so"
    )
    spec = spec_from_loader("_torchft", ExtensionFileLoader("_torchft", str(extension.locate())))
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
