import json
import sys
from importlib import import_module
from pathlib import Path

KNOWN = sorted(
    path.stem for path in Path(__file__).parent.glob("*.py") if not path.stem.startswith("_") and path.stem != "harness"
)
asked = [argument for argument in sys.argv[1:] if argument != "--json"]
if unknown := set(asked) - set(KNOWN):
    sys.exit(f"no benchmark named {', '.join(sorted(unknown))}; there are: {', '.join(KNOWN)}")
for name in asked or KNOWN:
    for result in import_module(f"benchmarks.{name}").run():
        print(json.dumps(result.as_dict()) if "--json" in sys.argv else result, flush=True)
