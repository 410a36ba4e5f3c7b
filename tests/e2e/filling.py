"""A linear model that fills the memory of its process up to a known amount, and keeps it.

A user's own module: pods get this file by a ConfigMap. Must import nothing of ours.
"""

import resource
from pathlib import Path

import numpy as np
from torch import nn


def build(features: int, outputs: int, up_to_mib: int) -> nn.Module:
    """What `module: filling:build` names."""
    model = nn.Linear(features, outputs)
    model.filling = np.ones(max(0, (up_to_mib << 20) - resident_bytes()) // 8)  # type: ignore[assignment]
    return model


def resident_bytes() -> int:
    """What this process has now: the second number of statm is in pages, proc(5)."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
