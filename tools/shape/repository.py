"""What no tracked file may carry: package hosts, paths of one machine, addresses in the lock."""

import re
from collections.abc import Iterator

from tools.shape.tree import Breach, Rule, Tree

# Written with gaps, so that this file does not break its own rule.
HOSTS = re.compile("p_ypi[.]org|python_hosted|npm_js[.]|registry[.]n_pm".replace("_", ""))
PATHS = re.compile("(?:^|[^a-zA-Z0-9.-])/(?:ho_me/[a-z]|Us_ers/[a-z]|ro_ot/|wo_rk/)".replace("_", ""))
BINARY = {".png", ".jpg", ".ico", ".mo", ".parquet", ".gz", ".zip", ".woff2", ".sqlite3"}
ADDRESS = re.compile(r"--(?:extra-)?index-url|--find-links|://|\s@\s|--trusted-host")
# The file a Markdown link points to, where it is in the repository.
LINK = re.compile(r"\]\((?![a-z]+:|#)([^)#\s]+)")


def hosts_and_paths(tree: Tree) -> Iterator[Breach]:
    for path in tree.tracked:
        if path.suffix in BINARY:
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            if HOSTS.search(line):
                yield Breach(tree.relative(path), number, "a package host has no place here: clients know their own")
            if PATHS.search(line):
                yield Breach(tree.relative(path), number, "an absolute path of one machine")


def lock_file(tree: Tree) -> Iterator[Breach]:
    path = tree.root / "requirements.lock"
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if ADDRESS.search(line):
            yield Breach(path.name, number, "the lock carries versions and hashes, no address")
        if "==" in line and not line.startswith("#") and not line.rstrip().endswith("\\"):
            yield Breach(path.name, number, "a locked version without its hashes")


def dead_links(tree: Tree) -> Iterator[Breach]:
    for path in (p for p in tree.tracked if p.suffix == ".md"):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            for target in LINK.findall(line):
                if not (path.parent / target).exists():
                    yield Breach(tree.relative(path), number, f"{target} does not exist")


RULES: dict[str, Rule] = {"hosts and paths": hosts_and_paths, "dead links": dead_links, "lock file": lock_file}
