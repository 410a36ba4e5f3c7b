"""`make audit`: known vulnerabilities of what the lock pins, by pip-audit, of OSV's database or a mirror (OSV_URL).

Says that there is none only where the database has answered for every pin. Standard library only.
"""

import json
import os
import subprocess
import sys
from typing import Any

# The sums of the lock make a resolution, and so an index, unnecessary. Of PyPI's own advisories pip-audit would skip
# those that it cannot read, and find nothing.
OPTIONS = ("--vulnerability-service=osv", "--strict", "--disable-pip", "--require-hashes", "--format=json")


def audit(program: str, lock: str, url: str) -> tuple[int, str]:
    """0, 1 or 2 where there is none, some, or no answer; and what to say."""
    command = [
        program,
        *OPTIONS,
        "--progress-spinner=off",
        f"--requirement={lock}",
        *([f"--osv-url={url}"] if url else []),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except ValueError:
        why = (done.stderr.strip() or "it said nothing").splitlines()[-1]
        remedy = "set OSV_URL to a mirror that answers, or HTTPS_PROXY to the way out"
        return 2, f"audit: nothing was judged, since OSV's database did not answer ({why}): {remedy}"
    known = [_line(package, found) for package in packages for found in package["vulns"]]
    return bool(known), "\n".join([*known, f"{len(packages)} pins, {len(known)} known vulnerabilities"])


def _line(package: dict[str, Any], found: dict[str, Any]) -> str:
    mended = ", ".join(found["fix_versions"]) or "no version"
    return f"{package['name']} {package['version']}: {found['id']}, mended in {mended}"


if __name__ == "__main__":
    status, text = audit(sys.argv[1], sys.argv[2], os.environ.get("OSV_URL", ""))
    print(text, file=sys.stderr if status else sys.stdout)
    sys.exit(status)
