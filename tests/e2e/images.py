"""The images of the tests' pods; `python -m e2e.images` makes them beforehand, while other tests wait.

Must not change a machine that cannot run pods.
"""

from pathlib import Path

from localcluster import ClusterError, images, support
from localcluster.report import say

REPOSITORY = Path(__file__).parents[2]
OPERATOR, TRAINER = "localhost/lsml/operator:test", "localhost/lsml/trainer:test"


def build() -> None:
    """Both are there, made of the sources as they are; raises UnsupportedError where no pods could run."""
    support.require_nodes()
    for target, image in (("operator", OPERATOR), ("trainer", TRAINER)):
        images.build(REPOSITORY / "Dockerfile", target, image, {})


if __name__ == "__main__":
    try:
        build()
    except ClusterError as error:
        say(f"no images were made beforehand, the tests with pods will try: {error}")
