"""`python -m lsml_trainer`: the command `lsml`, where its script is not on the PATH."""

from lsml_trainer.cli import main

main()
