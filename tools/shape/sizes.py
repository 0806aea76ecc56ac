"""How large a file, a function, an entry point may be, and what it may be called."""

import ast
import re
from collections.abc import Iterator

from tools.shape.tree import Breach, Module, Rule, Tree

FILE_LINES, FUNCTION_LINES, ENTRY_LINES = 500, 70, 15
VAGUE = re.compile(r"(^|_)(utils?|helpers?|common|misc|stuff)(_|$)")
ROUTES = {"get", "post", "put", "patch", "delete", "head", "options", "api_operation"}
Function = ast.FunctionDef | ast.AsyncFunctionDef


def file_length(tree: Tree) -> Iterator[Breach]:
    for module in [*tree.modules, *tree.other_modules]:
        if (lines := module.text.count("\n")) > FILE_LINES:
            yield Breach(
                module.path, lines, f"{lines} lines: make it a package of the same name (at most {FILE_LINES})"
            )


def functions(module: Module) -> Iterator[Function]:
    yield from (node for node in ast.walk(module.tree) if isinstance(node, Function))


def function_length(tree: Tree) -> Iterator[Breach]:
    for module in [*tree.modules, *tree.other_modules]:
        for function in functions(module):
            lines = (function.end_lineno or 0) - function.lineno + 1
            if lines > FUNCTION_LINES:
                yield module.breach(function, f"{function.name} has {lines} lines: split it (at most {FUNCTION_LINES})")


def is_entry(decorator: ast.expr) -> bool:
    """Whether a decorator makes its function a page, an API route, a task or a command."""
    target = decorator.func if isinstance(decorator, ast.Call) else decorator
    if isinstance(target, ast.Name):
        return target.id in {"page", "public", "task"}
    if not isinstance(target, ast.Attribute) or not isinstance(target.value, ast.Name):
        return False
    return target.attr == "command" or (target.attr in ROUTES and target.value.id.endswith(("router", "api")))


def registered_commands(tree: Tree) -> set[str]:
    """Functions that become commands without a decorator: ``app.command("serve")(running.serve)``."""
    found = set()
    for module in (m for m in tree.modules if m.room == "site"):
        for node in ast.walk(module.tree):
            match node:
                case ast.Call(
                    func=ast.Call(func=ast.Attribute(attr="command")),
                    args=[ast.Name(id=name) | ast.Attribute(attr=name)],
                ):
                    found.add(name)
    return found


def entry_length(tree: Tree) -> Iterator[Breach]:
    commands = registered_commands(tree)
    for module in tree.modules:
        for function in functions(module):
            named = module.inside.startswith("cli/") and function.name in commands
            if not named and not any(map(is_entry, function.decorator_list)):
                continue
            body = function.body[1:] if ast.get_docstring(function) else function.body
            lines = (function.end_lineno or 0) - body[0].lineno + 1 if body else 0
            if lines > ENTRY_LINES:
                sentence = f"the entry point {function.name} has {lines} lines: it only calls (at most {ENTRY_LINES})"
                yield module.breach(function, sentence)


def vague_names(tree: Tree) -> Iterator[Breach]:
    for folder in ("src/regulars", "tests", "tools", "benchmarks"):
        for path in sorted((tree.root / folder).rglob("*")):
            python = path.suffix == ".py" or (path.is_dir() and any(path.glob("*.py")))
            if python and VAGUE.search(path.stem):
                yield Breach(
                    tree.relative(path), 1, "name the file after what it does; a drawer for everything helps nobody"
                )


RULES: dict[str, Rule] = {
    "file length": file_length,
    "function length": function_length,
    "entry point length": entry_length,
    "vague names": vague_names,
}
