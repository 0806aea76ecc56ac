"""Offers and what they make of a cart: the document as it is written and published, ready to quote with."""
