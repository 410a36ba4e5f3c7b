"""The ranges that hyperparameters share. A module of its own, so that each family's file needs no other's."""

from typing import Annotated

from pydantic import Field

Positive = Annotated[float, Field(gt=0, le=1e12)]
NonNegative = Annotated[float, Field(ge=0, le=1e12)]
Share = Annotated[float, Field(ge=0, le=1)]
Rounds = Annotated[int, Field(ge=1, le=1_000_000_000)]
