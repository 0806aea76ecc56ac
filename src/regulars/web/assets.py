"""The few static files taken from Python packages that are not Django apps: Bootstrap and Chart.js, no CDN, no Node."""

from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage

# package -> (folder inside it, files taken from it); they are served as <package>/<file>.
_TAKEN = {
    "bootstrap": (
        "",
        (
            "css/bootstrap.min.css",
            "css/bootstrap.min.css.map",
            "js/bootstrap.bundle.min.js",
            "js/bootstrap.bundle.min.js.map",
        ),
    ),
    "chartkick": ("django/static/chartkick", ("Chart.bundle.js",)),
}


def _folder(package: str) -> Path:
    spec = find_spec(package)
    places = list(spec.submodule_search_locations or ()) if spec else []
    if not places:
        raise ModuleNotFoundError(f"the package {package} is missing: run `make install`", name=package)
    return Path(places[0]) / _TAKEN[package][0]


class PackageFinder(BaseFinder):
    """Finds exactly the files named above, so that ``collectstatic`` copies five files instead of five hundred."""

    def check(self, **_options: Any) -> list[Any]:
        return []

    def find(self, path: str, find_all: bool = False, **_options: Any) -> str | list[str]:
        package, _, file = path.partition("/")
        found = str(_folder(package) / file) if package in _TAKEN and file in _TAKEN[package][1] else ""
        if find_all:
            return [found] if found else []
        return found

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterable[tuple[str, FileSystemStorage]]:
        for package, (_inside, files) in _TAKEN.items():
            storage = FileSystemStorage(location=_folder(package))
            storage.prefix = package  # type: ignore[attr-defined]  # collectstatic reads it
            for file in files:
                yield file, storage
