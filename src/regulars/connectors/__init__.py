"""Shops in and out: one adapter per shop system and file format, all ending in the same facts."""
