"""Assembly only: settings, URLs, the API document, the command line."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "regulars.site.settings")
