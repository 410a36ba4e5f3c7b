"""What can go wrong and is told to a person in one sentence; what each means for the process is in `worker.py`.

Diverged and Unsuitable are beside the interface of the algorithms, InvalidSpec beside the specification.
"""


class InvalidData(ValueError):
    """The data cannot be learned from; the text names the column, what was found and the remedy."""


class DataUnavailable(OSError):
    """Where the data are does not answer; the text names it. Another try may help."""


class InvalidModel(ValueError):
    """A saved model that cannot be used, or rows that do not fit it; the text says which and why."""


class InvalidCheckpoint(ValueError):
    """A checkpoint that is damaged, or none of several that is not; the text says which and the remedy."""


class OutputUnavailable(OSError):
    """The model cannot be written where it should go; the text names the folder."""


class AskedToLeave(Exception):
    """SIGTERM: the worker was drained, evicted, scaled down or suspended."""


class TeamFailed(RuntimeError):
    """The workers of `lsml run --workers` crashed too often; the text has the last one's words."""


class InvalidLedger(ValueError):
    """A ledger that cannot be read; the text names file and line."""


class NotExactlyOnce(ValueError):
    """A ledger that shows a step or row missing or counted twice; the text says which."""
