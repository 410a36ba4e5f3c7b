"""What is installed anywhere is what constraints.lock has the sums of."""

import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from deploy.chart import REPOSITORY

PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
PINS = [line for line in (REPOSITORY / "constraints.txt").read_text().splitlines() if line and line[0] != "#"]
LOCK = (REPOSITORY / "constraints.lock").read_text()
LOCKED = re.findall(
    r"^([a-z0-9._-]+)==([^ ]+)( ;[^\\]*)? \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", LOCK, re.MULTILINE
)
"""Of each pin name, version, marker and lines of sums."""


def test_constraints_are_plain_versions() -> None:
    assert [pin for pin in PINS if not re.fullmatch(r"[a-z0-9][a-z0-9._-]*==[0-9][0-9a-z.]*", pin)] == []
    assert len({pin.split("==")[0] for pin in PINS}) == len(PINS)
    assert not [pin for pin in PINS if pin.startswith(("nvidia-", "triton", "cuda-"))]


def test_constraints_pin_all_that_the_project_asks_for() -> None:
    pinned = dict(pin.split("==") for pin in PINS)
    extras = PROJECT["project"]["optional-dependencies"].values()
    groups = PROJECT["dependency-groups"].values()
    texts = [*PROJECT["project"]["dependencies"], *(text for each in (*extras, *groups) for text in each)]
    odd = [
        str(requirement)
        for requirement in map(Requirement, texts)
        if requirement.name != PROJECT["project"]["name"]
        and not requirement.specifier.contains(pinned.get(requirement.name.lower(), ""), prereleases=True)
    ]
    assert odd == []


def test_the_lock_has_the_versions_of_the_constraints() -> None:
    """And beyond them what only some systems need: the CUDA build of torch."""
    assert {f"{name}=={version}" for name, version, _, _ in LOCKED} >= set(PINS), "run `make lock`"
    beyond = [(name, marker) for name, version, marker, _ in LOCKED if f"{name}=={version}" not in PINS]
    assert {name.split("-")[0] for name, _ in beyond} == {"colorama", "cuda", "nvidia", "triton"}
    assert all("platform" in marker for _, marker in beyond)
    (cpu,) = (REPOSITORY / "torch-cpu.lock").read_text().splitlines()
    assert re.fullmatch(r"(torch==\S+)\+cpu( --hash=sha256:[0-9a-f]{64})+", cpu)
    assert cpu.partition("+cpu")[0] in PINS


def test_the_lock_is_pins_and_sums_and_no_address() -> None:
    understood = sum(1 + sums.count("\n") for *_, sums in LOCKED)
    assert understood == len([line for line in LOCK.splitlines() if not line.startswith("#")])
    assert "//" not in LOCK


def test_all_that_runs_here_is_in_the_lock() -> None:
    locked = {name: version for name, version, _, _ in LOCKED}
    here = {canonicalize_name(found.name): found.version.partition("+")[0] for found in distributions()}
    odd = {name: version for name, version in here.items() if locked.get(name) != version}
    assert odd.keys() <= {"lsml", "pip"}, "from no lock: `make install`"  # pip: the Python's own


def test_whatever_is_installed_has_a_sum() -> None:
    """By pip and uv, for us and for the images; but for our own package, which is built of what is there."""
    texts = [(REPOSITORY / name).read_text().replace("\\\n", " ") for name in ("Makefile", "Dockerfile")]
    installs = [line for text in texts for line in re.findall(r"\bpip (?:--python \S+ )?install [^;&\n]*", text)]
    assert len(installs) >= 8
    own = [line for line in installs if "--no-deps" in line and "--no-build-isolation" in line]
    assert len(own) == 2
    assert [
        line for line in installs if line not in own and "--require-hashes" not in line and "$(LOCKED)" not in line
    ] == []


def test_a_file_with_another_sum_is_refused(tmp_path: Path) -> None:
    """By the very options that `make install` gives."""
    name = "iniconfig"
    version = next(version for locked, version, *_ in LOCKED if locked == name)
    about = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(tmp_path / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        wheel.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{about}/RECORD", "")
    (tmp_path / "pyproject.toml").write_text(f"[project]\nname = 'x'\nversion = '0'\ndependencies = ['{name}']\n")
    make = ["make", "--no-print-directory", "--eval", "options: ; @echo $(LOCKED)", "options"]
    options = subprocess.run(make, cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout.split()
    uv = [str(Path(sys.executable).with_name("uv")), "pip", "install", "--target", str(tmp_path / "into")]
    source = [
        "--offline",
        "--no-index",
        "--no-cache",
        "--find-links",
        str(tmp_path),
        "--requirements",
        "pyproject.toml",
    ]
    there = [str(REPOSITORY / word) if word.endswith(".lock") else word for word in options]
    done = subprocess.run([*uv, *source, *there], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "Hash mismatch" in done.stderr, done.stderr


@pytest.mark.parametrize("name", ["uv", "setuptools"])
def test_what_installs_the_rest_is_found_in_the_lock(name: str) -> None:
    """As the Dockerfile and the Makefile cut it out: from its pin to the first line that does not go on."""
    (sums,) = (sums for locked, _, _, sums in LOCKED if locked == name)
    command = ["sed", "-n", f"/^{name}==/,/[^\\]$/p", "constraints.lock"]
    cut = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout
    assert cut.partition("\n")[2] == sums
