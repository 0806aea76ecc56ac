"""Accounts and postings: the only place where anything countable moves. Points, credit, stock, limits, budgets, prizes.

``facts`` are the words, ``book`` the rules (pure), ``actions`` the one way to write, ``queries`` what can be read.
"""
