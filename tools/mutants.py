"""Mutation testing of the rules that countable things hang on: each mutant is one small slip, and some test must fail for it.

Slips: a comparison made strict, loose or its opposite; + for - and * for //; ``and`` for ``or``; ``not`` dropped; a whole
number one higher; a condition that always or never holds; a statement left out. A mutant runs in a process of its own,
which ends after ``SECONDS_MOST``.

    python -m tools.mutants [points|tiers]      lists what survived, with its line; exit code 1 below LEAST killed
"""

import ast
import copy
import os
import signal
import sys
import types
from collections.abc import Iterator
from pathlib import Path

TARGETS = {
    "points": ("regulars.core.points", "tests/core/test_points.py"),
    "tiers": ("regulars.core.tiers", "tests/core/test_tiers.py"),
}
SECONDS_MOST = 60
LEAST = 0.9
COMPARED: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
COUNTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
}
LEFT_OUT = (ast.Assign, ast.AugAssign, ast.Expr)


def main(asked: list[str]) -> int:
    killed = total = 0
    for name in asked or list(TARGETS):
        module, tests = TARGETS[name]
        path = Path("src", *module.split(".")).with_suffix(".py")
        if not survives(module, str(path), ast.parse(path.read_text(encoding="utf-8")), tests):
            sys.exit(f"{tests} fails for {path} as it is")
        for line, what, tree in mutants(path.read_text(encoding="utf-8")):
            total += 1
            if survives(module, str(path), tree, tests):
                print(f"survived: {path}:{line} {what}", flush=True)
            else:
                killed += 1
    print(f"{killed} of {total} mutants killed ({killed / total:.1%})")
    return 0 if killed >= LEAST * total else 1


def mutants(source: str) -> Iterator[tuple[int, str, ast.Module]]:
    """Every program that one slip makes of a source: the line, what was changed, and the program."""
    places = [place for place, node in enumerate(ast.walk(ast.parse(source))) if _runs(node)]
    for place in places:
        for number in range(3):
            tree = ast.parse(source)
            node = list(ast.walk(tree))[place]
            before = ast.unparse(node)
            if not slip(tree, node, number):
                break
            after = ast.unparse(tree)
            if after != ast.unparse(ast.parse(source)):
                yield (
                    node.lineno,
                    f"{before}  ->  slip {number + 1} of {type(node).__name__}",
                    ast.fix_missing_locations(tree),
                )


def _runs(node: ast.AST) -> bool:
    return isinstance(
        node, (ast.Compare, ast.BinOp, ast.BoolOp, ast.UnaryOp, ast.Constant, ast.If, ast.IfExp, *LEFT_OUT)
    )


def slip(tree: ast.Module, node: ast.AST, number: int) -> bool:  # noqa: PLR0911  one return a kind of slip
    """Make the slip of this number at a node; False where there are no more of its kind."""
    match node:
        case ast.Compare(ops=ops):
            each = [(place, other) for place, op in enumerate(ops) for other in COMPARED.get(type(op), ())]
            if number < len(each):
                ops[each[number][0]] = each[number][1]()
                return True
        case ast.BinOp(op=op) if number == 0 and type(op) in COUNTED:
            node.op = COUNTED[type(op)]()
            return True
        case ast.BoolOp() if number == 0:
            node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
            return True
        case ast.UnaryOp(op=ast.Not() | ast.USub(), operand=operand) if number == 0:
            _replace(tree, node, operand)
            return True
        case ast.Constant(value=int() as value) if number == 0 and not isinstance(value, bool):
            node.value = value + 1
            return True
        case ast.Constant(value=bool() as value) if number == 0:
            node.value = not value
            return True
        case ast.If() | ast.IfExp() if number < 2:
            node.test = ast.Constant(number == 0)
            return True
        case ast.Assign() | ast.AugAssign() | ast.Expr() if number == 0 and _in_function(tree, node):
            _replace(tree, node, ast.Pass())
            return True
    return False


def _in_function(tree: ast.Module, node: ast.AST) -> bool:
    """Whether a statement is one of a function's, and no docstring."""
    told = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return not told and any(node in ast.walk(each) for each in ast.walk(tree) if isinstance(each, ast.FunctionDef))


def _replace(tree: ast.Module, old: ast.AST, new: ast.AST) -> None:
    for parent in ast.walk(tree):
        for name, value in ast.iter_fields(parent):
            if value is old:
                setattr(parent, name, copy.copy(new))
            elif isinstance(value, list):
                value[:] = [copy.copy(new) if each is old else each for each in value]


def survives(module: str, path: str, tree: ast.Module, tests: str) -> bool:
    """Whether all tests pass with a module in this form; one that does not end in time has not."""
    child = os.fork()
    if child == 0:
        signal.alarm(SECONDS_MOST)
        os._exit(_tested(module, path, tree, tests))
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) == 0


def _tested(module: str, path: str, tree: ast.Module, tests: str) -> int:
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    import hypothesis
    import pytest

    hypothesis.settings.register_profile("mutants", derandomize=True, deadline=None, phases=[hypothesis.Phase.generate])
    hypothesis.settings.load_profile("mutants")
    made = types.ModuleType(module)
    made.__file__ = path
    sys.modules[module] = made
    try:
        exec(compile(tree, path, "exec"), made.__dict__)  # noqa: S102  our own source with one slip in it
    except Exception:
        return 1
    alone = [
        "--noconftest",
        "-p",
        "no:django",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        "-o",
        "addopts=--import-mode=importlib",
    ]
    return int(pytest.main(["-x", "-q", "-W", "ignore", *alone, tests]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
