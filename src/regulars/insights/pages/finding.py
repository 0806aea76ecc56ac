"""What insights adds to every page: customers in the search."""

from collections.abc import Sequence

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from regulars.customers.queries import said
from regulars.insights.pages.words import STATES, sees_contacts, shown_handle
from regulars.insights.queries import customers as queries
from regulars.web import search
from regulars.web.access import Actor


@search.provider(_("Customers"), icon="user")
def customers(text: str, limit: int, actor: Actor) -> Sequence[search.Hit]:
    """Customers by name, and by handle or number for those who see handles."""
    found = queries.by_handle(text, limit) if sees_contacts(actor) else queries.by_name(text, limit)
    hits = []
    for row in found:
        handle = row.email or row.phone
        about = " · ".join(
            part for part in (shown_handle(handle, actor) if handle else "", str(STATES[row.state])) if part
        )
        hits.append(search.Hit(said(row.name), reverse("customer", args=[row.pk]), about))
    return hits
