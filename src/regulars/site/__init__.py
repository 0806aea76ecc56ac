"""Assembly only: settings, URLs, the API document, the command line."""
