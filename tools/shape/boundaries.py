"""Where code may stand and how it may reach other code, where an import contract cannot tell."""

import ast
import re
from collections.abc import Iterator
from fnmatch import fnmatch

from tools.shape.tree import Breach, Module, Rule, Tree

DOMAIN_FILES = {"__init__", "models", "queries", "actions", "tasks", "api", "pages", "apps"}
DOMAIN_FOLDERS = {"migrations", "templates", "locale", "static"}
MORE_FILES = {"shop": {"middleware", "accounts"}}
DOORS = {"api", "pages", "tasks"}
# What a door may use beside its own domain: shared words, and what lower domains answer (docs/decisions/0008).
OPEN_TO_DOORS = re.compile(r"regulars\.(core|storage|web|\w+\.queries)\b")
# Imports inside functions that are right: files -> why.
LAZY = {
    "src/regulars/site/cli/*": "a command imports after the data folder is chosen and Django is set up",
    "src/regulars/*/apps.py": "ready() runs once every app is loaded; at import time none is",
}
# core's rule functions may use these; whatever is not here has side effects or reads the world.
PURE = set(
    (
        "abc array base64 bisect calendar collections contextlib copy dataclasses datetime decimal difflib enum fractions "
        "functools graphlib hashlib heapq hmac itertools json math numbers operator re statistics string struct "
        "textwrap tomllib types typing unicodedata zoneinfo"
    ).split()
)


def domains(tree: Tree) -> set[str]:
    """The rooms of the one shape: the shop, and all that stands between it and the flows."""
    return {room for room, height in tree.ranks.items() if tree.ranks["shop"] <= height < tree.ranks["flows"]}


def domain_shape(tree: Tree) -> Iterator[Breach]:
    for room in sorted(domains(tree)):
        for path in sorted((tree.package / room).glob("*")):
            known = DOMAIN_FOLDERS | DOMAIN_FILES | MORE_FILES.get(room, set())
            fits = path.stem in known - DOMAIN_FOLDERS if path.suffix == ".py" else path.is_dir() and path.name in known
            if path.name != "__pycache__" and not fits:
                yield Breach(
                    tree.relative(path), 1, f"a domain has {', '.join(sorted(known - {'__init__'}))} and nothing else"
                )


def stray_folders(tree: Tree) -> Iterator[Breach]:
    for folder in sorted({path.parent for path in tree.package.rglob("*.py")}):
        if not (folder / "__init__.py").exists():
            yield Breach(
                tree.relative(folder),
                1,
                "a folder with code needs an __init__.py: without it the import contracts are blind here",
            )


def imports_of(module: Module) -> Iterator[tuple[ast.stmt, str]]:
    """Each import statement with the dotted name it reaches, relative ones resolved to the package."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = module.path.removeprefix("src/").split("/")[: -node.level]
                base = ".".join([*parents, *filter(None, [base])])
            yield from ((node, f"{base}.{alias.name}") for alias in node.names)


def excused(path: str) -> bool:
    return any(fnmatch(path, place) for place in LAZY)


def hidden_imports(tree: Tree) -> Iterator[Breach]:
    for module in tree.modules:
        for function in (n for n in ast.walk(module.tree) if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))):
            for node in ast.walk(function):
                if isinstance(node, (ast.Import, ast.ImportFrom)) and not excused(module.path):
                    yield module.breach(
                        node, "imports stand at the top of the file (the few exceptions: tools/shape/boundaries.py)"
                    )


def dynamic_imports(tree: Tree) -> Iterator[Breach]:
    for module in tree.modules:
        for node in ast.walk(module.tree):
            match node:
                case ast.Call(func=ast.Name(id="__import__")):
                    yield module.breach(node, "__import__ goes behind the contracts: import by name")
                case ast.Call(func=ast.Attribute(attr="get_model")):
                    yield module.breach(node, "get_model goes behind the contracts: ask the domain's queries")
                case ast.Call(func=func) if module.dotted(func) in {"importlib.import_module", "runpy.run_module"}:
                    yield module.breach(node, "import_module goes behind the contracts: import by name")


def core_imports(tree: Tree) -> Iterator[Breach]:
    for module in tree.modules:
        if module.room != "core":
            continue
        for node, name in imports_of(module):
            if not name.startswith("regulars.core") and name.split(".")[0] not in PURE:
                yield module.breach(
                    node, f"core may not import {name}: it uses the pure part of the standard library and itself"
                )


def doors(tree: Tree) -> Iterator[Breach]:
    rooms = domains(tree)
    for module in tree.modules:
        if module.room not in rooms or module.inside.split("/")[0].removesuffix(".py") not in DOORS:
            continue
        own = f"regulars.{module.room}."
        for node, name in imports_of(module):
            if name.startswith("regulars.") and not name.startswith(own) and not OPEN_TO_DOORS.match(name):
                yield module.breach(
                    node, f"{name}: pages, routes and tasks call queries, and their own domain's actions"
                )


RULES: dict[str, Rule] = {
    "domain shape": domain_shape,
    "stray folders": stray_folders,
    "hidden imports": hidden_imports,
    "dynamic imports": dynamic_imports,
    "core imports": core_imports,
    "doors": doors,
}
