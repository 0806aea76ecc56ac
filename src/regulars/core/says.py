"""Sentences in the two languages that every rule speaks, English and Simplified Chinese."""

from typing import NamedTuple

from regulars.core.money import to_decimal

LANGUAGES = ("en", "zh")


class Says(NamedTuple):
    """One sentence, or part of one, in both languages. Places to fill stand in braces: ``Says("{n} points", "{n} 积分")``."""

    en: str
    zh: str

    def to(self, language: str) -> str:
        """The sentence in a language by its code; Chinese for any ``zh-…``, English otherwise."""
        return self.zh if language.startswith("zh") else self.en

    def filled(self, **values: object) -> "Says":
        """The sentence with its places filled; values that are ``Says`` themselves fill each language with their own."""
        return Says(
            self.en.format(**{name: value.en if isinstance(value, Says) else value for name, value in values.items()}),
            self.zh.format(**{name: value.zh if isinstance(value, Says) else value for name, value in values.items()}),
        )


def same(text: str) -> Says:
    """A word that both languages write alike: an id, a code, a name."""
    return Says(text, text)


def money(minor: int, currency: str) -> Says:
    """An amount in words: ``1,234.50 CNY`` and ``1,234.50 元``."""
    amount = f"{to_decimal(minor, currency):,}"
    return Says(f"{amount} {currency}", f"{amount} 元" if currency == "CNY" else f"{amount} {currency}")


def joined(parts: list[Says], word: Says) -> Says:
    """Sentences in a row, with a word between: ``and``, ``or``, a comma."""
    return Says(word.en.join(part.en for part in parts), word.zh.join(part.zh for part in parts))
