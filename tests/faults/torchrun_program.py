"""An ordinary torchrun program: it knows of LSML only that it may report. STATE is the file that its steps are kept in.

Each process adds 1 to a number in each step, and the sum over all of them is kept: it tells who took part. A step takes
its time, as if there were something to compute, until there is a file `hurry` beside STATE.
"""

import json
import os
import sys
import time
from pathlib import Path

import torch
import torch.distributed as dist

import lsml_trainer

TOTAL_STEPS = int(sys.argv[1])
STATE = Path(os.environ["STATE"])
HURRY = STATE.with_name("hurry")
STEP_SECONDS = 0.25


def main() -> None:
    dist.init_process_group("gloo")
    step, took_part = json.loads(STATE.read_text()) if STATE.exists() else (0, 0)
    while step < TOTAL_STEPS:
        one = torch.ones(1)
        dist.all_reduce(one)
        step, took_part = step + 1, took_part + int(one)
        if dist.get_rank() == 0:
            being_written = STATE.with_suffix(".new")
            being_written.write_text(json.dumps([step, took_part]))
            being_written.replace(STATE)
        lsml_trainer.report(step=step, total_steps=TOTAL_STEPS, loss=1 / step, world_size=float(one))
        time.sleep(0 if HURRY.exists() else STEP_SECONDS)
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
