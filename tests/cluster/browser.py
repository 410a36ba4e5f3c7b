"""A real browser, without a window: Chromium, driven by Playwright."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from localcluster import ClusterError, packages

MOST_MS = 30_000
"""Far more than anything should take, on a machine that is busy with other things as well."""


@contextmanager
def a_browser() -> Iterator[Browser]:
    """A running Chromium, installed where it is missing; skips where it cannot be, but CI insists."""
    try:
        packages.ensure({"chromium": "chromium"})
    except ClusterError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"no browser on this machine: {error}")
    with sync_playwright() as playwright:
        # The page is our own, and root, as in a container, has no sandbox.
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


class Complaints(list[str]):
    """What a page's console says that is wrong: errors of scripts, what the security policy stopped."""

    def listen(self, page: Page) -> None:
        """Hear of them from now on."""
        page.on("pageerror", lambda error: self.append(str(error)))
        page.on("console", lambda said: self._hear(said.type, said.text))

    def _hear(self, kind: str, text: str) -> None:
        if kind in ("error", "warning") and not text.startswith("Failed to load resource"):  # a 401 is an answer
            self.append(text)


def kept(page: Page, name: str) -> None:
    """A picture of the whole page, for people to look at, in the folder that LSML_SCREENSHOTS names."""
    folder = os.environ.get("LSML_SCREENSHOTS")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
