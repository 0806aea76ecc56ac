"""A measurement is a ratio: what Regulars needs, against a floor measured in the same run with the same durability."""

import os
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Result:
    """``measured`` and ``floor`` in ``unit``; ``at_most`` is the promised ratio of the two."""

    name: str
    measured: float
    floor: float
    unit: str
    floor_is: str
    at_most: float

    @property
    def ratio(self) -> float:
        return self.measured / self.floor

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "ratio": round(self.ratio, 2), "kept": self.ratio <= self.at_most}

    def __str__(self) -> str:
        verdict = "" if self.ratio <= self.at_most else "  ABOVE WHAT IS PROMISED"
        return (
            f"{self.name:<34} {self.measured:9.2f} {self.unit:<3} = {self.ratio:5.2f} x {self.floor:.2f} {self.unit} "
            f"({self.floor_is}; at most {self.at_most:g}){verdict}"
        )


def seconds(work: Callable[[], object]) -> float:
    """Wall time of one run."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


@dataclass(frozen=True, slots=True)
class Finished:
    """How a command went: wall time in seconds, and the most memory its process held, in MB."""

    seconds: float
    peak_mb: float


def regulars(*arguments: str, data_dir: Path) -> Finished:
    """Run a ``regulars`` command in a process of its own on a data folder. Raises RuntimeError where it fails."""
    return python("-m", "regulars", *arguments, "--data-dir", str(data_dir))


def python(*arguments: str) -> Finished:
    """Run Python in a process of its own. Raises RuntimeError where it fails."""
    command = [sys.executable, *arguments]
    began = time.perf_counter()
    quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    process = os.posix_spawn(sys.executable, command, os.environ, file_actions=quiet)
    _, status, usage = os.wait4(process, 0)
    if code := os.waitstatus_to_exitcode(status):
        raise RuntimeError(f"{' '.join(command)} ended with {code}")
    unit = 1024 * 1024 if sys.platform == "darwin" else 1024
    return Finished(time.perf_counter() - began, usage.ru_maxrss / unit)


def sample_shop() -> Path:
    """The full sample shop, loaded once under ``var/bench`` and kept for later runs."""
    folder = Path("var/bench/sample").resolve()
    regulars("demo", "--no-serve", "--json", data_dir=folder)
    return folder


def open_in_this_process(data_dir: Path) -> None:
    """Start Django here, on a shop that is set up."""
    os.environ |= {"REGULARS_DATA_DIR": str(data_dir), "DJANGO_SETTINGS_MODULE": "regulars.site.settings"}
    import django

    django.setup()
