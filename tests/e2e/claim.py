"""What a test module's claim `models` holds."""

from pathlib import Path

from e2e.kube import Kube


def volume_of(kube: Kube, claim: str = "models") -> Path:
    """Where this machine has what the claim holds."""
    volume = kube.get("pv", kube.get("pvc", claim)["spec"]["volumeName"])
    return Path(volume["spec"]["hostPath"]["path"])


def hurry(kube: Kube, job: str) -> None:
    """A patient job ends within seconds."""
    (volume_of(kube) / f"hurry-{job}").touch()
