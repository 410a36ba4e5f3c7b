"""What can go wrong, said to a person: one sentence that names the remedy.

Must not be caught and swallowed inside the package: the command line prints it, a test shows it.
"""


class ClusterError(Exception):
    """The local cluster could not do what was asked."""

    exit_code = 1


class UnsupportedError(ClusterError):
    """This machine or user cannot run that part of the local cluster."""

    exit_code = 3
