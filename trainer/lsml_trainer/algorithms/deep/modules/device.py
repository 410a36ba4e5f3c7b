"""Where a network computes and in what precision: the accelerator if there is one, deterministic kernels."""

import importlib.util
import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import torch

from lsml_trainer.spec import InvalidSpec

LEAST_SCALE, MOST_SCALE, FIRST_SCALE = 1.0, 2.0**32, 2.0**16
GROWTH_STEPS = 2000


def chosen_device() -> torch.device:
    """The accelerator, if there is one; its kernels are deterministic from now on, and it complains of any other."""
    if not torch.cuda.is_available():
        return torch.device("cpu")
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # read when cuBLAS starts
    torch.use_deterministic_algorithms(True)
    torch.backends.cudnn.benchmark = False
    return torch.device("cuda")


def autocast(precision: str, device: torch.device) -> Callable[[], AbstractContextManager[Any]]:
    """What a forward pass runs in. Raises InvalidSpec where the device does not have the precision."""
    if precision == "float32":
        return nullcontext
    if precision == "float16" and device.type == "cpu":
        raise InvalidSpec(
            "spec.algorithm.deepLearning.precision is float16, and this worker has no GPU; set bfloat16 or float32, or "
            "ask for a GPU in workers.resources.limits"
        )
    return lambda: torch.autocast(device.type, getattr(torch, precision))


def grown(scale: float, good_steps: int) -> tuple[float, int]:
    """The factor of the loss after a step whose gradient was finite, and such steps since the last change.

    Source: Micikevicius et al., Mixed Precision Training, 2018; the numbers are those of torch.amp.GradScaler.
    """
    if good_steps + 1 < GROWTH_STEPS or scale >= MOST_SCALE:
        return scale, good_steps + 1
    return scale * 2, 0


def shrunk(scale: float) -> float | None:
    """The factor after a gradient that was not finite; None where a smaller one cannot be the remedy."""
    return scale / 2 if scale > LEAST_SCALE else None


def compiled(module: torch.nn.Module, device: torch.device) -> Callable[[torch.Tensor], torch.Tensor]:
    """The module's forward pass, compiled when it is first called. Raises InvalidSpec where there is no compiler.

    For all sizes of a batch at once: a kernel for the size that a worker happened to see first would differ by worker.
    """
    if device.type == "cpu" and not shutil.which(os.environ.get("CXX", "g++")):
        raise InvalidSpec(
            "spec.algorithm.deepLearning.compile is true, and the worker's image has no C++ compiler (g++, or what CXX "
            "names); use an image that has one, or take compile out"
        )
    if device.type == "cuda" and importlib.util.find_spec("triton") is None:
        raise InvalidSpec(
            "spec.algorithm.deepLearning.compile is true, and the worker's image has no triton; use an image that has "
            "it, or take compile out"
        )
    # torch asks for the name of the user, which a container's need not have
    os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str(Path(tempfile.gettempdir(), "torchinductor")))
    forward: Callable[[torch.Tensor], torch.Tensor] = torch.compile(module, dynamic=True)
    return forward
