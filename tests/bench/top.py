"""`lsml top` and the dashboard's page of 1,000 jobs beside `kubectl get tjob`.

Commands are whole processes, from their start to their last line; the page is loaded anew in a Chromium that runs,
until its last row is laid out and painted. The goal is a second of the clock; the processor's time is this process's
own, which only waits. The API server is a real one, which this starts and takes away again; it has no node.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Page

from bench.harness import Options, Row, compare, run
from cluster.api import AT_ONCE, MERGE, Api, Object, path_of
from cluster.browser import a_browser
from cluster.process import DashboardProcess
from cluster.resource import install
from cluster.showcase import many
from cluster.space import Space
from cluster.viewer import a_viewer
from localcluster import Cluster

JOBS = 1000


def lines_of(command: list[str], kubeconfig: Path) -> int:
    """How many lines a command prints."""
    environment = {**os.environ, "KUBECONFIG": str(kubeconfig)}
    return subprocess.run(command, env=environment, check=True, capture_output=True).stdout.count(b"\n")


def rows_of(page: Page, jobs: int) -> int:
    """How many rows there are, once the page is loaded anew and all of them are painted."""
    page.reload(wait_until="commit")
    page.locator(f"tbody tr:nth-child({jobs})").wait_for(state="attached")
    page.evaluate("new Promise(requestAnimationFrame)")
    return page.locator("tbody tr").count()


@contextmanager
def page_of(space: Space, kubeconfig: Path) -> Iterator[Page]:
    """The dashboard's page of all jobs, signed in."""
    with TemporaryDirectory() as folder, a_browser() as browser:
        dashboard = DashboardProcess(kubeconfig, Path(folder, "log"))
        dashboard.start()
        try:
            page = browser.new_page()
            page.goto(dashboard.url)
            page.get_by_label("Token").fill(a_viewer(space))
            page.keyboard.press("Enter")
            page.locator("tbody tr").first.wait_for()  # signed in; a page that is loaded anew before would ask again
            yield page
        finally:
            dashboard.stop()


def put(space: Space, job: Object, status: Object) -> None:
    """A job, as an operator would have left it."""
    space.create(job)
    path = path_of("TrainingJob", space.name, job["metadata"]["name"], "status")
    space.api.request("PATCH", path, {"status": status}, MERGE)


def main(options: Options) -> Iterator[Row]:
    """Two rows."""
    jobs, cluster = options.rows(JOBS), Cluster("bench-top")
    cluster.up(nodes=0, controllers=True)
    try:
        space = Space(Api(cluster.kubeconfig), "default")
        install(space.api)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(lambda made: put(space, *made), many(jobs)))
        kubectl = partial(lines_of, ["kubectl", "get", "tjob"], cluster.kubeconfig)
        top = partial(lines_of, [str(Path(sys.executable).with_name("lsml")), "top"], cluster.kubeconfig)
        yield from compare(
            f"top of {jobs:,} jobs",
            {"ours": top, "kubectl get tjob": kubectl},
            options,
            quality=lambda ours, theirs: (ours >= theirs, f"{ours} lines, {theirs}"),
        )
        with page_of(space, cluster.kubeconfig) as page:
            yield from compare(
                f"page of {jobs:,} jobs",
                {"ours": partial(rows_of, page, jobs), "kubectl get tjob": kubectl},
                options,
                quality=lambda ours, theirs: (ours >= theirs - 1, f"{ours} rows, {theirs} lines with the head"),
            )
    finally:
        cluster.down()


if __name__ == "__main__":
    run(__file__, main)
