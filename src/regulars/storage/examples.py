"""Example documents that come with a package, as files in its folder ``examples``."""

from importlib.resources import files


def examples(package: str) -> tuple[str, ...]:
    """The names of a package's examples."""
    folder = files(package) / "examples"
    return tuple(sorted(file.name.removesuffix(".toml") for file in folder.iterdir() if file.name.endswith(".toml")))


def example(package: str, name: str) -> str:
    """The document of one, with its remarks. Raises KeyError."""
    if name not in examples(package):
        raise KeyError(name)
    return (files(package) / "examples" / f"{name}.toml").read_text(encoding="utf-8")
