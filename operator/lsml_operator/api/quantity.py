"""Kubernetes quantities (2, 500m, 4Gi) as they appear in resources."""

from typing import Annotated

from pydantic import Field

# The form that the API server itself accepts for a pod, so that no mistake waits until the pod is made.
QUANTITY = r"^[0-9]+(\.[0-9]+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][+-]?[0-9]+)?$"

Quantity = Annotated[
    Annotated[int, Field(ge=0)] | Annotated[str, Field(pattern=QUANTITY, max_length=32)],
    Field(json_schema_extra={"x-kubernetes-int-or-string": True}),
]
_BINARY, _DECIMAL = ("Ki", "Mi", "Gi", "Ti", "Pi", "Ei"), ("k", "M", "G", "T", "P", "E")
_UNITS = (
    {unit: 1024.0**power for power, unit in enumerate(_BINARY, 1)}
    | {unit: 1000.0**power for power, unit in enumerate(_DECIMAL, 1)}
    | {"m": 1e-3}
)


def number_of(quantity: int | str) -> float:
    """What a valid quantity stands for: 500m is 0.5, 4Gi is 4294967296."""
    text = str(quantity)
    unit = next((unit for unit in _UNITS if text.endswith(unit)), "")
    return float(text.removesuffix(unit)) * _UNITS.get(unit, 1.0)


ResourceName = Annotated[str, Field(pattern=r"^[a-z0-9A-Z]([-a-zA-Z0-9_./]{0,125}[a-zA-Z0-9])?$")]
ResourceList = Annotated[dict[ResourceName, Quantity], Field(max_length=16)]
