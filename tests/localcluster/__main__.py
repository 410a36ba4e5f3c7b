"""`python3 tests/localcluster COMMAND`: a real Kubernetes on one machine without Docker, for tests and demonstrations.

    up [--name NAME] [--nodes N]                             real pods; needs root on Linux
    up [--name NAME] --control-plane-only [--controllers]    a real API server; needs nothing
    down [--name NAME | --all]                               leaves nothing behind
    status | kubeconfig [--path] [--name NAME]
    list

    build-image --target TARGET --tag TAG [--dockerfile FILE] [--build-arg NAME=VALUE]...
    load [--name NAME] TAG...                                an image that was built here
    advertise [--name NAME] nvidia.com/gpu=2                 on every node
    prune                                                    layers of images that nothing uses any more
    base-images                                              what Dockerfiles start from; build-image makes them, too

The first `up` compiles Kubernetes, which takes minutes; what is built is kept in ${XDG_CACHE_HOME:-~/.cache}. A cluster
lives in ${XDG_STATE_HOME:-~/.local/state}, its logs, too. Its nodes enforce NetworkPolicies. Exit codes: 0 done, 1
failed, 2 misunderstood, 3 not possible on this machine or as this user.
"""

import sys
from pathlib import Path

if __name__ == "__main__":
    # Started by its folder, Python puts this folder on the path and knows no package: put its parent there instead.
    sys.path[0] = str(Path(__file__).resolve().parent.parent)
    from localcluster.cli import main

    sys.exit(main())
