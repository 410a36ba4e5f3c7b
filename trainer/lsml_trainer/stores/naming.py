"""How a file of a bucket is called: by its content, so that nothing that a reader may be reading is overwritten."""

from pathlib import PurePosixPath


def name_with(digest: str, name: str) -> str:
    """weights-0123456789abcdef.safetensors from sha256:0123456789abcdef… and weights.safetensors."""
    path = PurePosixPath(name)
    return f"{path.stem}-{digest.removeprefix('sha256:')[:16]}{path.suffix}"
