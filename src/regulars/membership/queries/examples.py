"""The programmes to begin with, as files that come with the package; ``examples/programmes`` has the same to look at."""

from importlib.resources import files

_FOLDER = files("regulars.core.programme") / "examples"


def examples() -> tuple[str, ...]:
    """Their names: ``b2c``, ``stamps``, ``steel``."""
    return tuple(sorted(file.name.removesuffix(".toml") for file in _FOLDER.iterdir() if file.name.endswith(".toml")))


def example(name: str) -> str:
    """The document of one, with its remarks. Raises KeyError."""
    if name not in examples():
        raise KeyError(name)
    return (_FOLDER / f"{name}.toml").read_text(encoding="utf-8")
