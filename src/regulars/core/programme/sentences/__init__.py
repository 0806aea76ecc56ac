"""What a programme does, said in English and Chinese as a member or a service agent would want to read it.

Sentences are clauses without a full stop. Names of things outside the programme (categories, products) are given as
``names(source, id)``; without them ids are shown.
"""

from regulars.core.programme.sentences.awards import award_sentences
from regulars.core.programme.sentences.ladder import Missing, missing, tier_sentence
from regulars.core.programme.sentences.outcomes import entry_sentence, sentences
from regulars.core.programme.sentences.reasons import why_not
from regulars.core.programme.sentences.rules import rule_sentence
from regulars.core.programme.sentences.views import Section, Told, programme_view, reward_sentence

__all__ = [
    "Missing",
    "Section",
    "Told",
    "award_sentences",
    "entry_sentence",
    "missing",
    "programme_view",
    "reward_sentence",
    "rule_sentence",
    "sentences",
    "tier_sentence",
    "why_not",
]
