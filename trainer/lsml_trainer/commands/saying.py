"""How a command for people ends: nothing on success, else one sentence; a traceback only where we are wrong."""

import os
import sys
import traceback
from collections.abc import Callable

from lsml_trainer.ending import CRASHED, ending_of

INTERRUPTED = 130  # 128 + SIGINT, as shells have it
CLOSED = 141  # 128 + SIGPIPE


def in_a_sentence(work: Callable[[], None], interrupted: str = "Stopped.") -> int:
    """Does the work; the exit code (spec.Exit, or INTERRUPTED)."""
    try:
        work()
    except KeyboardInterrupt as stopped:
        sys.stderr.write(f"{str(stopped) or interrupted}\n")
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nor may the interpreter flush to it at its end
        return CLOSED  # whoever reads, as `head`, has read enough
    except ModuleNotFoundError:
        raise  # `cli` says which extra is missing
    except Exception as error:  # the one place: whatever happens becomes an exit code and a sentence
        code, ending = ending_of(error, report=None)
        if code == CRASHED:
            traceback.print_exception(error)
        else:
            sys.stderr.write(f"{ending.reason}: {ending.message}\n")
        return code
    return 0
