"""A real Kubernetes on one machine without Docker: a control plane in seconds, nodes that run pods where root is.

    from localcluster import Cluster

    cluster = Cluster("my-tests")
    cluster.up(nodes=0, controllers=False)
    print(cluster.kubectl("get", "namespaces"))
    cluster.down()

Standard library only: it runs before any virtual environment exists. Must not know what LSML is.
"""

from .cluster import Cluster
from .errors import ClusterError, UnsupportedError

__all__ = ["Cluster", "ClusterError", "UnsupportedError"]
