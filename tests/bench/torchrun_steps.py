"""What torchrun runs in `recovery.py`: steps of 5 ms and a sum over the workers, each told by a line; goes on from a
snapshot of every 20th step, as PyTorch's tutorial on fault tolerance has it. Arguments: the folder, the worker's name.
"""

import os
import sys
import time
from pathlib import Path

import torch
from torch import distributed

SNAPSHOT_STEPS = 20
STEP_SECONDS = 0.005


def main(folder: Path, name: str) -> None:
    distributed.init_process_group("gloo")
    snapshot, numbers = folder / "snapshot", torch.ones(1000, dtype=torch.float64)
    step = int(snapshot.read_text()) if snapshot.exists() else 0
    with (folder / f"{name}.steps").open("a", buffering=1) as steps:
        while True:
            time.sleep(STEP_SECONDS)
            distributed.all_reduce(numbers.clone())
            step += 1
            steps.write(f"{time.monotonic()} {step} {distributed.get_world_size()} {os.getpid()}\n")
            if step % SNAPSHOT_STEPS == 0 and distributed.get_rank() == 0:
                fresh = folder / "snapshot.fresh"
                fresh.write_text(str(step))
                fresh.rename(snapshot)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
