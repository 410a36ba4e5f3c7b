"""The steps of one worker as they are committed, seen through a port-forward; and for how long there were none.

A worker says anew how far it is every quarter of a second, which is in all of these figures.
"""

import json
import re
import statistics
import subprocess
import time
from itertools import pairwise
from threading import Event, Thread
from types import TracebackType
from typing import Self
from urllib.request import Request, urlopen

from .targets import Target
from .tools import NAMESPACE, DemoError, kubectl

POLL_SECONDS = 0.02
_TELL_TOKEN = "import os; print(open(os.environ['LSML_TOKEN_FILE']).read())"  # noqa: S105  (a program)


class Steps:
    """Watches a pod while the block runs."""

    def __init__(self, target: Target, pod: str) -> None:
        self.pod = pod
        self.news: list[tuple[float, int]] = []
        """When the number of steps was first seen to be so, by the monotonic clock."""
        self._over = Event()
        command = ["kubectl", "--namespace", NAMESPACE, "port-forward", f"pod/{pod}", ":8080"]
        self._forward = subprocess.Popen(
            command, env=dict(target.environment), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert self._forward.stdout is not None, "it is piped"
        said = re.search(r"127\.0\.0\.1:(\d+)", self._forward.stdout.readline())
        if said is None:
            self._forward.kill()
            raise DemoError(f"kubectl port-forward pod/{pod} was refused")
        token = kubectl(target, "exec", pod, "--", "python", "-c", _TELL_TOKEN).strip()
        url = f"http://127.0.0.1:{said.group(1)}/progress"
        self._request = Request(url, headers={"Authorization": f"Bearer {token}"})
        self._thread = Thread(target=self._watch, daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._over.set()
        self._forward.kill()
        self._forward.wait()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(POLL_SECONDS):
            try:
                with urlopen(self._request, timeout=5) as answer:  # noqa: S310  (our own port)
                    step = json.load(answer)["progress"]["step"]
            except (OSError, ValueError):
                continue
            if not self.news or step != self.news[-1][1]:
                self.news.append((time.monotonic(), step))

    def next_after(self, moment: float, wait_seconds: float = 30) -> float | None:
        """Seconds from then to the second news: the first may be of a block that was committed just before."""
        give_up = moment + wait_seconds
        while time.monotonic() < give_up and not self._over.is_set():
            after = [when for when, _ in self.news if when > moment]
            if len(after) >= 2:
                return after[1] - moment
            time.sleep(POLL_SECONDS)
        return None

    def usual_before(self, moment: float) -> float:
        """What `next_after` would be where nothing happens: twice the median time between two of three news or more.

        The first are those that it found when it began to look.
        """
        times = [when for when, _ in self.news[1:] if when <= moment]
        return 2 * statistics.median(later - sooner for sooner, later in pairwise(times))

    def longest_pause(self, since: float) -> float:
        """Between two news, of which the second came later than that."""
        times = [when for when, _ in self.news]
        pauses = [later - sooner for sooner, later in pairwise(times) if later > since]
        return max(pauses, default=0.0)

    def went_back(self) -> bool:
        """Whether steps were ever done again."""
        done = [step for _, step in self.news]
        return any(later < sooner for sooner, later in pairwise(done))
