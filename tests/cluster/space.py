"""A namespace of a test's own, and the words in which tests speak of what is in it."""

from collections.abc import Callable
from typing import Any

from cluster.api import DRY_RUN, MERGE, STRICT, Api, Object, path_of
from cluster.objects import has_ended, phase, reason
from cluster.waiting import LONG_SECONDS, until


class Space:
    """One namespace."""

    def __init__(self, api: Api, name: str) -> None:
        self.api = api
        self.name = name

    def discard(self) -> None:
        """Take the namespace away, its jobs first so that no operator replaces their pods; waits for nothing."""
        self.api.request("DELETE", path_of("TrainingJob", self.name))
        self.api.delete("Namespace", None, self.name)

    # Objects

    def create(self, body: Object, dry_run: bool = False) -> Object:
        """Make an object here, or only have it judged."""
        body = body | {"metadata": body["metadata"] | {"namespace": self.name}}
        return self.api.create(body, DRY_RUN if dry_run else STRICT)

    def find(self, kind: str, name: str) -> Object | None:
        """The object, or None."""
        return self.api.find(kind, self.name, name)

    def get(self, kind: str, name: str) -> Object:
        """The object, which must be there."""
        return self.api.request("GET", path_of(kind, self.name, name))

    def all(self, kind: str) -> list[Object]:
        """All objects of a kind, by name."""
        items: list[Object] = self.api.request("GET", path_of(kind, self.name))["items"]
        return sorted(items, key=lambda item: str(item["metadata"]["name"]))

    def edit(self, kind: str, name: str, patch: Object, dry_run: bool = False) -> Object:
        """Merge a patch into an object."""
        return self.api.request("PATCH", path_of(kind, self.name, name), patch, MERGE, DRY_RUN if dry_run else STRICT)

    def delete(self, kind: str, name: str, **options: Any) -> None:
        """Take an object away."""
        self.api.delete(kind, self.name, name, **options)

    # Jobs

    def job(self, name: str = "iris") -> Object:
        """The job as it is now."""
        return self.get("TrainingJob", name)

    def until_job(
        self, sentence: str, holds: Callable[[Object], Any], name: str = "iris", within_seconds: float = LONG_SECONDS
    ) -> Object:
        """The job, once it is such that it holds."""

        def probe() -> Object | None:
            job = self.job(name)
            return job if holds(job) else None

        return until(f"job {name}: {sentence}", probe, lambda: self._shown(name), within_seconds)

    def until_phase(self, wanted: str, name: str = "iris", within_seconds: float = LONG_SECONDS) -> Object:
        """The job, once it is in this phase."""
        return self.until_job(f"its phase is {wanted}", lambda job: phase(job) == wanted, name, within_seconds)

    def until_reason(self, wanted: str, name: str = "iris", within_seconds: float = LONG_SECONDS) -> Object:
        """The job, once this is why it stands as it does."""
        return self.until_job(f"its reason is {wanted}", lambda job: reason(job) == wanted, name, within_seconds)

    def until_gone(self, kind: str, name: str, within_seconds: float = LONG_SECONDS) -> None:
        """Returns once the object is not there any more."""
        until(f"{kind} {name} is gone", lambda: self.find(kind, name) is None, lambda: self.find(kind, name),
              within_seconds)  # fmt: skip

    # Pods

    def until_pod(self, name: str = "iris-w0-0", within_seconds: float = LONG_SECONDS) -> Object:
        """The pod, once it is there."""
        return until(
            f"there is a pod {name}", lambda: self.find("Pod", name), lambda: self._shown(name.partition("-w")[0]),
            within_seconds,
        )  # fmt: skip

    def live_pods(self) -> list[str]:
        """The names of the pods that may still do something."""
        return [pod["metadata"]["name"] for pod in self.all("Pod") if not has_ended(pod)]

    def _shown(self, job: str) -> Object:
        pods = {
            pod["metadata"]["name"]: {"labels": pod["metadata"].get("labels"), "status": pod.get("status")}
            for pod in self.all("Pod")
        }
        return {"job": (self.find("TrainingJob", job) or {}).get("status", "none, or no status"), "pods": pods}
