"""`python3 tests/demo [elastic]`: see `make help`. CLUSTER=current|kind|local chooses the cluster.

By default the first that works: kind where a Docker engine answers, else the local cluster of tests/localcluster.
"""

import os
import sys
import time
from pathlib import Path

if __name__ == "__main__":
    # Started by its folder, Python puts this folder on the path and knows no package: put its parent there instead.
    sys.path[0] = str(Path(__file__).resolve().parent.parent)
    from demo import elastic, story
    from demo.targets import choose
    from demo.tools import DemoError
    from localcluster import ClusterError
    from localcluster.report import say, seconds_since

    started = time.monotonic()
    try:
        run = elastic.run if sys.argv[1:] == ["elastic"] else story.run
        run(choose(os.environ.get("CLUSTER", "")))
    except (DemoError, ClusterError) as error:
        print(f"demo: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("demo: interrupted; start it again, and it begins anew", file=sys.stderr)
        sys.exit(130)
    say(f"the whole demo: {seconds_since(started)}")
