"""``regulars import``: being written."""


def import_files() -> None:
    """Import files of customers, products, orders, lines and events."""
