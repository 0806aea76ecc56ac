"""A quote as plain data: every figure, and every offer that applied or did not, in both languages. Amounts are minor units."""

from datetime import datetime
from typing import Any

from regulars.core.offers.catalogue import Catalogue
from regulars.core.offers.quotes import WITHIN_REACH, Effect, Quote, QuotedLine, Reason
from regulars.core.offers.sentences import effect_sentence, offer_sentence, reason_sentence
from regulars.core.says import Says

Plain = dict[str, Any]


def quote_told(found: Quote, catalogue: Catalogue) -> Plain:
    """Lines as they came, offers in the order in which they were looked at. ``qualifications`` are those of the reasons that the
    customer can still do something about."""
    reasons = [_reason(each, catalogue) for each in found.reasons]
    return {
        "version": catalogue.version,
        "currency": found.currency,
        **{name: getattr(found, name) for name in ("list", "discount", "net", "tax", "total")},
        "lines": [{"id": line.id, **_line(line)} for line in found.lines],
        "shipping": _line(found.shipping),
        "applied": [
            {
                "offer": each.offer,
                "name": _named(each.offer, catalogue),
                "amount": each.amount,
                "cut": each.cut,
                "holds": [hold._asdict() for hold in each.holds],
            }
            for each in found.applied
        ],
        "effects": [_effect(each, catalogue) for each in found.effects],
        "reasons": reasons,
        "qualifications": [
            told for each, told in zip(found.reasons, reasons, strict=True) if each.code in WITHIN_REACH
        ],
    }


def offers_told(catalogue: Catalogue) -> list[Plain]:
    """All offers in the order in which they are looked at, each in a sentence."""
    return [
        {
            "id": ready.id,
            "kind": ready.offer.kind,
            "name": both(ready.offer.name),
            "lane": ready.offer.place,
            "priority": ready.priority,
            "group": ready.group,
            "starts": _instant(ready.offer.starts),
            "ends": _instant(ready.offer.ends),
            "says": both(offer_sentence(ready.offer, catalogue)),
        }
        for ready in catalogue.ready
    ]


def both(said: Says) -> dict[str, str]:
    return {"en": said.en, "zh": said.zh}


def _line(line: QuotedLine) -> Plain:
    discounts = [taken._asdict() for taken in line.discounts]
    return {"list": line.list, "discounts": discounts, "net": line.net, "tax": line.tax}


def _instant(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _effect(effect: Effect, catalogue: Catalogue) -> Plain:
    told = effect._asdict() | {"items": list(effect.items), "name": _named(effect.offer, catalogue)}
    return told | {"says": both(effect_sentence(effect, catalogue))}


def _reason(reason: Reason, catalogue: Catalogue) -> Plain:
    """``offer`` is empty where a code belongs to none; ``by`` is the code then."""
    told = {name: getattr(reason, name) for name in ("offer", "code", "figure", "by")}
    name = _named(reason.offer, catalogue) if reason.offer else None
    return told | {"at": _instant(reason.at), "name": name, "says": both(reason_sentence(reason, catalogue))}


def _named(offer: str, catalogue: Catalogue) -> dict[str, str]:
    return both(catalogue.by_id[offer].offer.name)
