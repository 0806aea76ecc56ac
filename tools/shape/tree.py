"""The source tree as the rules see it: rooms, parsed modules, templates."""

import ast
import subprocess
import tomllib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path


@dataclass(frozen=True, slots=True, order=True)
class Breach:
    """One place that breaks a rule, and the mend."""

    path: str
    line: int
    sentence: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.sentence}"


@dataclass(frozen=True)
class Module:
    """One Python file. ``room`` is its folder under the package, ``inside`` the path below that room."""

    path: str
    room: str
    inside: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @cached_property
    def imported(self) -> dict[str, str]:
        """Local name -> dotted name, for every import of the file, wherever it stands."""
        names: dict[str, str] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    names[alias.asname or alias.name.split(".")[0]] = (
                        alias.name if alias.asname else alias.name.split(".")[0]
                    )
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
        return names

    def dotted(self, node: ast.AST) -> str:
        """The full dotted name an expression stands for (``dt.now`` -> ``datetime.datetime.now``), or ''."""
        if isinstance(node, ast.Name):
            return self.imported.get(node.id, "")
        if isinstance(node, ast.Attribute):
            return f"{owner}.{node.attr}" if (owner := self.dotted(node.value)) else ""
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "getattr":
            match node.args:
                case [owner_node, ast.Constant(value=str(name)), *_]:
                    return f"{owner}.{name}" if (owner := self.dotted(owner_node)) else ""
        return ""

    def breach(self, node: ast.AST, sentence: str) -> Breach:
        return Breach(self.path, getattr(node, "lineno", 1), sentence)


# A file that reads the same parses the same: a second tree in one process (a copy with a trespass in it) costs little.
_module = lru_cache(maxsize=None)(Module)


class Tree:
    """A checkout of the repository, or a copy of it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.package = root / "src" / "regulars"

    def relative(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix()

    def module(self, path: Path) -> Module:
        parts = path.relative_to(self.package).parts if path.is_relative_to(self.package) else ()
        room = parts[0] if len(parts) > 1 else ""
        return _module(self.relative(path), room, "/".join(parts[1:]), path.read_text(encoding="utf-8"))

    @cached_property
    def modules(self) -> list[Module]:
        """Every Python file of the package, migrations left out: those are written by Django."""
        return [self.module(p) for p in sorted(self.package.rglob("*.py")) if "migrations" not in p.parts]

    @cached_property
    def other_modules(self) -> list[Module]:
        """Python files of tests, tools and benchmarks."""
        folders = ("tests", "tools", "benchmarks")
        return [self.module(p) for folder in folders for p in sorted((self.root / folder).rglob("*.py"))]

    def files(self, *suffixes: str) -> Iterator[Path]:
        """Files of the package that end in one of the suffixes."""
        yield from (p for p in sorted(self.package.rglob("*")) if p.is_file() and p.name.endswith(suffixes))

    @cached_property
    def tracked(self) -> list[Path]:
        """Files under version control or about to be; in a copy without a repository, every file."""
        command = ["git", "-C", str(self.root), "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
        listed = subprocess.run(command, capture_output=True, text=True, check=False)
        names = listed.stdout.split("\0") if listed.returncode == 0 and (self.root / ".git").exists() else None
        paths = (self.root / n for n in names if n) if names is not None else self.root.rglob("*")
        return sorted(p for p in paths if p.is_file() and "__pycache__" not in p.parts)

    @cached_property
    def ranks(self) -> dict[str, int]:
        """Room -> height, read from the import contract ``Rooms stand above one another``."""
        settings = tomllib.loads((self.root / "pyproject.toml").read_text(encoding="utf-8"))
        contract = settings["tool"]["importlinter"]["contracts"][0]
        levels: Iterable[str] = reversed(contract["layers"])
        return {room.strip(" ()"): height for height, level in enumerate(levels) for room in level.split("|")}


Rule = Callable[[Tree], Iterator[Breach]]
