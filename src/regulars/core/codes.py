"""Codes that are worth something to whoever names them: how they are written, and when two are the same."""

import unicodedata

# Crockford's digits: none is taken for another, and what people misread is read as meant.
_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ = str.maketrans("OIL", "011", "-")
# 80 random bits: well above the 64 under which guessing pays.
CODE_BYTES = 10
CODE_MAX = 64


def written(chance: bytes, prefix: str = "") -> str:
    """A code of ``CODE_BYTES`` random bytes, in groups of four: ``7K2M-0QF3-…``; ``prefix`` before it."""
    number = int.from_bytes(chance[:CODE_BYTES], "big")
    digits = "".join(_DIGITS[number >> shift & 31] for shift in range(CODE_BYTES * 8 - 5, -1, -5))
    groups = [digits[place : place + 4] for place in range(0, len(digits), 4)]
    return "-".join([prefix, *groups] if prefix else groups)


def read(text: str) -> str:
    """Our own code as it is compared: however it was typed, whatever digit was taken for another."""
    return _plain(text).translate(_READ)


def key(text: str) -> str:
    """Somebody else's code as it is compared: letters of any case and width, without blanks."""
    return _plain(text)


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).upper().split())
