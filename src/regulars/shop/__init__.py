"""The shop itself: its settings, its staff and their roles, its API keys, its audit trail."""
