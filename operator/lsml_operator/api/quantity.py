"""Kubernetes quantities (2, 500m, 4Gi) as they appear in resources."""

from typing import Annotated

from pydantic import Field

# The form that the API server itself accepts for a pod, so that no mistake waits until the pod is made.
QUANTITY = r"^[0-9]+(\.[0-9]+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][+-]?[0-9]+)?$"

Quantity = Annotated[
    Annotated[int, Field(ge=0)] | Annotated[str, Field(pattern=QUANTITY, max_length=32)],
    Field(json_schema_extra={"x-kubernetes-int-or-string": True}),
]
ResourceName = Annotated[str, Field(pattern=r"^[a-z0-9A-Z]([-a-zA-Z0-9_./]{0,125}[a-zA-Z0-9])?$")]
ResourceList = Annotated[dict[ResourceName, Quantity], Field(max_length=16)]
