"""Publishing a document of any kind over the API: once, as whole as it was sent."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils import timezone, translation
from ninja import Status

from regulars.core.declarations import dump, plain
from regulars.core.faults import Faulty
from regulars.membership.api import context_of
from regulars.shop.queries import require_shop
from regulars.storage.transactions import lock_name, run_tx
from regulars.storage.versions import Refused, VersionFacts
from regulars.web import api
from regulars.web.access import Actor
from regulars.web.api_documents import PublishIn, version_out
from regulars.web.problems import Problem, invalid


@dataclass(frozen=True, slots=True)
class Published:
    """A kind of document: its class, who publishes in turn (``lock``), its versions, how one is put into force."""

    cls: type[Any]
    lock: str
    versions: Callable[[], Sequence[VersionFacts]]
    put_in_force: Callable[..., int]

    def publish(self, request: HttpRequest, body: PublishIn) -> Status[Any]:
        """201 with the version; 200 where it is the newest already, so that a repeat does nothing. Faults refuse it whole."""
        language = api.language_of(request)
        try:
            text = self._text(body)
            with translation.override(language):
                number, made = run_tx(lambda: self._once(body, text, request.actor))  # type: ignore[attr-defined]
        except Faulty as faulty:
            raise invalid([(body.pointer(one), one.to(language)) for one in faulty.faults]) from None
        except Refused as refused:
            raise Problem("conflict", str(refused)) from None
        told = self.versions()
        return Status(201 if made else 200, version_out(next(one for one in told if one.number == number), told))

    def _text(self, body: PublishIn) -> str:
        """What is kept as the version's text. Raises Faulty."""
        context = context_of(require_shop())
        return body.text if body.text is not None else dump(plain(body.read(self.cls, context), context))

    def _once(self, body: PublishIn, text: str, by: Actor) -> tuple[int, bool]:
        """The version's number, and whether it was made now."""
        lock_name(self.lock)
        at, newest = timezone.now(), next(iter(self.versions()), None)
        same = newest and newest.text == text and body.since in {None, newest.since}
        if newest and same and body.number in {None, newest.number}:
            return newest.number, False
        number = self.put_in_force(text, since=body.since or at, note=body.note, by=by, at=at, numbered=body.number)
        return number, True
