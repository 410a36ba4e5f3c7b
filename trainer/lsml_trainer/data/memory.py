"""How much memory there is, and quantities of it. Reads nothing but the kernel's own files."""

from pathlib import Path

UNITS = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
CGROUP = Path("/sys/fs/cgroup")
MEMINFO = Path("/proc/meminfo")


def bytes_of(quantity: str) -> int:
    """512Mi is 536870912."""
    unit = next((unit for unit in UNITS if quantity.endswith(unit)), "")
    return int(float(quantity.removesuffix(unit)) * UNITS.get(unit, 1))


def available_bytes(cgroup: Path = CGROUP, meminfo: Path = MEMINFO) -> int:
    """What can still be had: of the machine, and of this container where it has a limit."""
    limit, used = (_number(cgroup / name) for name in ("memory.max", "memory.current"))
    free = next(
        (int(line.split()[1]) * 1024 for line in _text(meminfo).splitlines() if line.startswith("MemAvailable:")), 2**62
    )
    return min(free, limit - (used or 0)) if limit is not None else free


def _number(file: Path) -> int | None:
    text = _text(file).strip()
    return int(text) if text.isdecimal() else None


def _text(file: Path) -> str:
    try:
        return file.read_text()
    except OSError:
        return ""
