"""What must stand before anything runs: the database's tables and the collected static files."""

from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

import regulars


def prepare_database() -> None:
    """Bring the tables up to date; a quick look when they are. Raises ImproperlyConfigured for those of a later version."""
    Path(settings.DATA_DIR).mkdir(parents=True, exist_ok=True)
    executor = MigrationExecutor(connection)
    ours = {app.label for app in apps.get_app_configs() if app.name.startswith("regulars.")}
    later = {
        key for key in executor.loader.applied_migrations.keys() - executor.loader.disk_migrations if key[0] in ours
    }
    if later:
        raise ImproperlyConfigured(
            f"A later version of Regulars has used this database ({', '.join(map('.'.join, sorted(later)))}): "
            "install that version, or restore a copy made before it."
        )
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", verbosity=0, interactive=False)
    call_command("createcachetable", verbosity=0)


def prepare_static() -> None:
    """Collect the static files once per version of what is installed: ours by newest change, packages by their version."""
    stamp = Path(settings.STATIC_ROOT) / ".collected"
    ours = Path(regulars.__file__).parent
    newest = max(path.stat().st_mtime_ns for path in ours.glob("*/static/**/*") if path.is_file())
    wanted = f"{regulars.__version__} {newest}"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    call_command("collectstatic", verbosity=0, interactive=False, clear=True)
    stamp.write_text(wanted)
