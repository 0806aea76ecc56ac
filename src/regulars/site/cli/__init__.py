"""The command line. Each command is a few lines that call the rooms."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "regulars.site.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
