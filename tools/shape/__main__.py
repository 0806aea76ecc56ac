import sys
from pathlib import Path

from tools.shape import RULES, Tree, breaches

found = breaches(Tree(Path.cwd()))
for breach in found:
    print(breach)
print(f"shape: {len(RULES)} rules, {len(found)} breaches")
sys.exit(bool(found))
