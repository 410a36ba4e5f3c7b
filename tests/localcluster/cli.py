"""The command line: words to calls, errors to one sentence and an exit code.

Must not hold what a test would want to call: that is `Cluster`.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from . import images, settings
from .cluster import Cluster
from .errors import ClusterError
from .report import say


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except ClusterError as error:
        print(f"localcluster: {error}", file=sys.stderr)
        return error.exit_code
    except OSError as error:  # a full disk, a folder that may not be written: its own words name the file
        print(f"localcluster: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("localcluster: interrupted; `up` goes on from here, `down` removes what there is", file=sys.stderr)
        return 130
    return 0


def _up(options: argparse.Namespace) -> None:
    if options.control_plane_only:
        Cluster(options.name).up(nodes=0, controllers=options.controllers)
    else:
        Cluster(options.name).up(nodes=options.nodes)


def _down(options: argparse.Namespace) -> None:
    for name in [*settings.all_clusters()] if options.all else [options.name]:
        Cluster(name).down()


def _status(options: argparse.Namespace) -> None:
    for component, runs in Cluster(options.name).status().items():
        say(f"{component:28} {'yes' if runs else 'NO'}")


def _kubeconfig(options: argparse.Namespace) -> None:
    path = Cluster(options.name).kubeconfig
    say(str(path) if options.path else f"export KUBECONFIG={path}")


def _list(_: argparse.Namespace) -> None:
    for name, cluster in settings.all_clusters().items():
        say(f"{name:28} {cluster}")


def _base_images(_: argparse.Namespace) -> None:
    images.make_base_images()


def _build_image(options: argparse.Namespace) -> None:
    images.build(options.dockerfile.resolve(), options.target, options.tag, dict(options.build_arg))


def _prune(_: argparse.Namespace) -> None:
    images.prune()


def _load(options: argparse.Namespace) -> None:
    Cluster(options.name).load(*options.tags)


def _advertise(options: argparse.Namespace) -> None:
    Cluster(options.name).advertise(**dict(options.resources))


def _count(argument: str) -> tuple[str, int]:
    name, value = _pair(argument)
    if not value.isdecimal():
        raise argparse.ArgumentTypeError(f"{argument!r} is not NAME=COUNT")
    return name, int(value)


def _pair(argument: str) -> tuple[str, str]:
    name, equals, value = argument.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{argument!r} is not NAME=VALUE")
    return name, value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="localcluster", description="A real Kubernetes on one machine.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    named = argparse.ArgumentParser(add_help=False)
    named.add_argument("--name", default="lsml", help="of the cluster (default: %(default)s)")

    up = commands.add_parser("up", parents=[named], help="bring a cluster up, or complete half of one")
    up.add_argument("--nodes", type=int, default=1, metavar="N", help="nodes that run pods (default: %(default)s)")
    up.add_argument("--control-plane-only", action="store_true", help="etcd and the API server, without root")
    up.add_argument("--controllers", action="store_true", help="with that, also the controllers")
    up.set_defaults(run=_up)

    down = commands.add_parser("down", parents=[named], help="take a cluster down and leave nothing behind")
    down.add_argument("--all", action="store_true", help="every cluster of this user")
    down.set_defaults(run=_down)

    status = commands.add_parser("status", parents=[named], help="what of a cluster runs")
    status.set_defaults(run=_status)

    kubeconfig = commands.add_parser("kubeconfig", parents=[named], help="print a line for the shell to evaluate")
    kubeconfig.add_argument("--path", action="store_true", help="only the file's name")
    kubeconfig.set_defaults(run=_kubeconfig)

    commands.add_parser("list", help="every cluster of this user").set_defaults(run=_list)
    base_images = commands.add_parser("base-images", help="make the images that Dockerfiles start from")
    base_images.set_defaults(run=_base_images)

    build_image = commands.add_parser("build-image", help="build an image with buildah; its context is the folder")
    build_image.add_argument("--dockerfile", type=Path, default=Path("Dockerfile"), help="default: %(default)s")
    build_image.add_argument("--target", required=True, help="stage of the Dockerfile")
    build_image.add_argument("--tag", required=True, help="such as localhost/lsml/operator:dev")
    build_image.add_argument("--build-arg", type=_pair, action="append", default=[], metavar="NAME=VALUE")
    build_image.set_defaults(run=_build_image)

    prune = commands.add_parser("prune", help="remove what earlier builds of images left in the cache")
    prune.set_defaults(run=_prune)

    load = commands.add_parser("load", parents=[named], help="hand built images to every node")
    load.add_argument("tags", nargs="+", metavar="TAG")
    load.set_defaults(run=_load)

    advertise = commands.add_parser("advertise", parents=[named], help="let every node have an extended resource")
    advertise.add_argument("resources", nargs="+", type=_count, metavar="RESOURCE=COUNT")
    advertise.set_defaults(run=_advertise)
    return parser
