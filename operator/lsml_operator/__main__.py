"""`python -m lsml_operator`."""

from lsml_operator.main import run

run()
