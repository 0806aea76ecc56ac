"""Who may read the data folder: nobody but the user whom the program runs as, however it was started."""

import os
import subprocess
import sys
from pathlib import Path

SERVED = """
import os
os.umask(0)
from regulars.site.wsgi import application
from regulars.site.preparing import prepare_database
prepare_database()
"""


def test_what_a_web_server_of_its_own_writes_is_for_nobody_else(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("REGULARS_")}
    subprocess.run([sys.executable, "-c", SERVED], env={**kept, "REGULARS_DATA_DIR": str(folder)}, check=True)
    made = [folder, *folder.rglob("*")]
    assert folder / "regulars.sqlite3" in made
    assert {oct(path.stat().st_mode & 0o077) for path in made} == {"0o0"}
