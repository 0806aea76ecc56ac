"""The house rules that import contracts cannot say, checked on the source as text and syntax trees.

``python -m tools.shape`` prints every breach with its file and line; each rule is planted a trespass by
``tests/architecture/test_trespass.py``.
"""

from tools.shape.tree import Breach, Rule, Tree

__all__ = ["RULES", "Breach", "Rule", "Tree", "breaches"]

from tools.shape import boundaries, models, pages, purity, repository, sizes, words

RULES: dict[str, Rule] = {
    **sizes.RULES,
    **boundaries.RULES,
    **purity.RULES,
    **models.RULES,
    **pages.RULES,
    **words.RULES,
    **repository.RULES,
}


def breaches(tree: Tree, *names: str) -> list[Breach]:
    """Every breach of the named rules (of all without names), in the order of the files."""
    found = {breach for name in names or RULES for breach in RULES[name](tree)}
    return sorted(found)
