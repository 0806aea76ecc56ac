"""Tables that can move to a distributed database: no counters as keys, foreign keys downwards and one way."""

import ast
from collections.abc import Iterator

from tools.shape.tree import Breach, Module, Rule, Tree

COUNTERS = {"AutoField", "BigAutoField", "SmallAutoField"}
RELATIONS = {"ForeignKey", "OneToOneField", "ManyToManyField"}
BASES = {"Model", "AbstractBaseUser"}


def field_calls(node: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Every ``models.X(...)`` or ``X(...)`` below a node, with its X."""
    for call in (n for n in ast.walk(node) if isinstance(n, ast.Call)):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        yield name, call


def keyword(call: ast.Call, name: str) -> object:
    """The literal value of a keyword argument, or None."""
    value = next((k.value for k in call.keywords if k.arg == name), None)
    return value.value if isinstance(value, ast.Constant) else None


def tables(module: Module) -> Iterator[ast.ClassDef]:
    """Concrete models of a file; abstract ones have no table."""
    for node in (n for n in ast.walk(module.tree) if isinstance(n, ast.ClassDef)):
        bases = {base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", "") for base in node.bases}
        if bases & BASES and "abstract = True" not in ast.unparse(node):
            yield node


def sequence_keys(tree: Tree) -> Iterator[Breach]:
    for module in tree.modules:
        if not module.inside.startswith("models"):
            continue
        for name, call in field_calls(module.tree):
            if name in COUNTERS or (name == "ManyToManyField" and keyword(call, "through") is None):
                yield module.breach(
                    call, f"{name} counts rows: use new_id() (and a model of its own for a many-to-many)"
                )
        for table in tables(module):
            calls = list(field_calls(table))
            if not any(keyword(call, "primary_key") is True or name == "CompositePrimaryKey" for name, call in calls):
                yield module.breach(
                    table,
                    f"{table.name} has no key of its own and would be counted: id = UUIDField(primary_key=True, ...)",
                )


def foreign_keys(tree: Tree) -> Iterator[Breach]:
    for module in tree.modules:
        if not module.inside.startswith("models"):
            continue
        for name, call in field_calls(module.tree):
            target = call.args[0].value if call.args and isinstance(call.args[0], ast.Constant) else keyword(call, "to")
            if name not in RELATIONS or not isinstance(target, str) or "." not in target:
                continue
            room = target.split(".")[0]
            if room == module.room:
                continue
            if tree.ranks.get(room, 99) >= tree.ranks.get(module.room, 99):
                yield module.breach(call, f"{target} does not stand below {module.room}: foreign keys point downwards")
            if keyword(call, "related_name") != "+":
                yield module.breach(call, f'{target} must not know of {module.room}: related_name="+"')


RULES: dict[str, Rule] = {"sequence keys": sequence_keys, "foreign keys": foreign_keys}
