"""The release can be built by anybody, and is the same to the byte."""

import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest

from deploy.chart import render
from release import build as building
from release.build import SUMS, Differs, build_twice


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `make release` leaves."""
    folder = tmp_path_factory.mktemp("dist")
    build_twice(folder)
    return folder


def test_it_is_a_wheel_and_a_chart(release: Path) -> None:
    """With sums that `sha256sum --check` takes."""
    names = sorted(path.name for path in release.iterdir())
    assert names == [SUMS, "lsml-0.1.0-py3-none-any.whl", "lsml-0.1.0.tgz"]
    subprocess.run(["sha256sum", "--check", "--quiet", SUMS], cwd=release, check=True)


def test_the_wheel_has_both_packages_and_no_tests(release: Path) -> None:
    with zipfile.ZipFile(release / "lsml-0.1.0-py3-none-any.whl") as wheel:
        folders = {name.split("/")[0] for name in wheel.namelist()}
    assert folders == {"lsml_operator", "lsml_trainer", "lsml-0.1.0.dist-info"}


def test_the_chart_is_one_that_helm_renders(release: Path, helm: str) -> None:
    """As the folder that it was made of."""
    package = release / "lsml-0.1.0.tgz"
    command = [helm, "template", "lsml", str(package), "--namespace", "lsml-system", "--kube-version", "1.34.0"]
    rendered = subprocess.run([*command, "--no-hooks"], capture_output=True, text=True, check=True).stdout
    assert rendered == render(helm)
    with tarfile.open(package) as tar:
        assert tar.getnames()[0] == "lsml/Chart.yaml"
        assert {(member.uid, member.uname, member.mode) for member in tar.getmembers()} == {(0, "", 0o644)}


def test_a_build_that_differs_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    builds = iter([{"a.whl": "1", "a.tgz": "2"}, {"a.whl": "1", "a.tgz": "3"}])
    monkeypatch.setattr(building, "build", lambda _: next(builds))
    with pytest.raises(Differs, match=r"two builds of the same commit differ in a\.tgz"):
        build_twice(tmp_path / "dist")
    assert not (tmp_path / "dist").exists()
