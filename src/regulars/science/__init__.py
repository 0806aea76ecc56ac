"""Pure estimates over arrays and relations. No Django, no database of the shop."""
