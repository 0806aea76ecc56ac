from tests.architecture.imports import broken, check_contracts
from tools.shape import Tree

DESIGN_ROOMS = set(
    "core science customers catalog orders promotions membership recommendations campaigns support community surveys "
    "assurance insights ledger flows simulation connectors site storage web shop".split()
)


def test_nobody_imports_what_is_not_theirs(root):
    assert broken(check_contracts(root)) == {}


def test_contracts_know_every_room_of_the_design(root):
    assert Tree(root).ranks.keys() - {"__main__"} == DESIGN_ROOMS
