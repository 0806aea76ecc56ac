import pytest
from django.apps import apps
from django.db.models import AutoField

from tools.shape import RULES, Tree, breaches


@pytest.fixture(scope="module")
def tree(root):
    return Tree(root)


@pytest.mark.parametrize("rule", RULES)
def test_the_house_rule_holds(rule, tree):
    found = breaches(tree, rule)
    assert not found, "\n" + "\n".join(map(str, found))


def test_no_table_of_ours_is_counted():
    ours = [model for model in apps.get_models(include_auto_created=True) if model.__module__.startswith("regulars.")]
    assert ours
    assert [m.__name__ for m in ours if isinstance(m._meta.pk, AutoField)] == []
