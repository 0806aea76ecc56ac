"""Time and chance are arguments: no clock and no dice in core and science. And no error is swallowed anywhere."""

import ast
import re
from collections.abc import Iterator

from tools.shape.tree import Breach, Module, Rule, Tree

PURE_ROOMS = {"core", "science"}
CLOCKS = {
    "datetime.datetime.now", "datetime.datetime.utcnow", "datetime.datetime.today", "datetime.date.today",
    "django.utils.timezone.now", "django.utils.timezone.localdate", "django.utils.timezone.localtime",
    "numpy.datetime64.now", "uuid.uuid1", "uuid.uuid4", "os.urandom",
}  # fmt: skip
SOURCES = ("time.", "random.", "secrets.", "numpy.random.", "scipy.stats.qmc.")
SEEDED = {"numpy.random.Generator", "numpy.random.SeedSequence", "numpy.random.default_rng", "numpy.random.PCG64"}
SQL_CLOCK = re.compile(
    r"\b(now|current_date|current_timestamp|localtimestamp|transaction_timestamp|get_current_timestamp|today|random|uuid|gen_random_uuid)\s*\("
    r"|\b(current_date|current_timestamp|localtimestamp)\b|\btablesample\b|\busing\s+sample\b",
    re.IGNORECASE,
)
SQL_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)


def reads_world(module: Module, node: ast.AST) -> str:
    """The clock or die that an expression reaches, or ''."""
    name = module.dotted(node) if isinstance(node, (ast.Name, ast.Attribute, ast.Call)) else ""
    if name in CLOCKS or (name.startswith(SOURCES) and name not in SEEDED):
        return name
    unseeded = isinstance(node, ast.Call) and not node.args and not node.keywords
    return "default_rng without a seed" if unseeded and module.dotted(node.func) == "numpy.random.default_rng" else ""


def clocks(tree: Tree) -> Iterator[Breach]:
    for module in tree.modules:
        if module.room in PURE_ROOMS:
            for node in ast.walk(module.tree):
                if name := reads_world(module, node):
                    yield module.breach(node, f"{name}: pass the instant as `at`, and chance as a seeded generator")


def sql_clocks(tree: Tree) -> Iterator[Breach]:
    for path in tree.files(".sql"):
        text = SQL_COMMENT.sub(lambda m: re.sub(r"[^\n]", " ", m.group()), path.read_text(encoding="utf-8"))
        for found in SQL_CLOCK.finditer(text):
            line = text.count("\n", 0, found.start()) + 1
            yield Breach(
                tree.relative(path),
                line,
                f"{found.group().strip()}: a pipeline takes the day as a parameter and draws no lots",
            )


def swallowed_errors(tree: Tree) -> Iterator[Breach]:
    for module in [*tree.modules, *tree.other_modules]:
        for node in ast.walk(module.tree):
            match node:
                case ast.ExceptHandler(type=None):
                    yield module.breach(node, "a bare except catches even Ctrl-C: name the error")
                case ast.ExceptHandler(type=caught, body=body) if _catches_all(caught) and all(
                    map(_does_nothing, body)
                ):
                    yield module.breach(node, "an error is swallowed: name it, or say what happens to it")
                case ast.Call(func=func, args=args) if module.dotted(func) == "contextlib.suppress" and any(
                    map(_catches_all, args)
                ):
                    yield module.breach(node, "an error is swallowed: suppress a named one")


def _catches_all(caught: ast.AST | None) -> bool:
    if isinstance(caught, ast.Tuple):
        return any(map(_catches_all, caught.elts))
    return isinstance(caught, ast.Name) and caught.id in {"Exception", "BaseException"}


def _does_nothing(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Constant)
    return isinstance(statement, (ast.Pass, ast.Continue))


RULES: dict[str, Rule] = {
    "clocks and dice": clocks,
    "clocks in SQL": sql_clocks,
    "swallowed errors": swallowed_errors,
}
