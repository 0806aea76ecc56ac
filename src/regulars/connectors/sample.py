"""Loading the sample shop: the part of ``demo`` and of the first-run page that fills the database."""

from collections.abc import Callable

from regulars.connectors import actions, queries


def load_sample(
    *, small: bool = False, progress: Callable[[int, int, str], None] | None = None, actor: str = ""
) -> queries.RunView:
    """Load the sample shop in this process, or go on where a stopped loading left off; loaded already, it answers at once.

    The shop must be set up. ``progress`` takes (done, total, label). Raises SampleFailed with the reason and the mend.
    """
    loaded = queries.loaded_sample(small=small)
    if loaded is not None:
        return loaded

    def watch(now: actions.Progress) -> None:
        if progress is not None:
            progress(now.position, now.size, "sample shop")

    view = actions.load_sample(small=small, progress=watch, actor=actor)
    if view.state != "done":
        raise SampleFailed(f"{view.error} {view.mend}")
    return view


class SampleFailed(RuntimeError):
    """The sample shop was not loaded; the message says why."""
