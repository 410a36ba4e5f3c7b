"""Build the release into a folder, by default dist: `python tests/release [FOLDER]`."""

import sys
from pathlib import Path

if __name__ == "__main__":
    # Started by its folder, Python puts this folder on the path and knows no package: put its parent there instead.
    sys.path[0] = str(Path(__file__).resolve().parent.parent)
    from release.build import Differs, build_twice

    try:
        digests = build_twice(Path(sys.argv[1] if len(sys.argv) > 1 else "dist"))
    except Differs as difference:
        sys.exit(str(difference))
    print("".join(f"{digest}  {name}\n" for name, digest in digests.items()), end="")
