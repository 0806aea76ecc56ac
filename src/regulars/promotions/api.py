"""The versions of the offers, as programs read them. What is told with names of the programme, and quotes, are in ``flows``."""

from typing import Any

from django.http import HttpRequest
from ninja import Query, Router

from regulars.promotions import queries as promotions
from regulars.web import pagination
from regulars.web.access import Scope, scope
from regulars.web.api_documents import VersionPage, version_page

router = Router(tags=["Offers"])
READ = scope(Scope.OFFERS_READ)


@router.get("/versions", response=VersionPage, auth=READ, summary="List the offers' versions")
def list_offer_versions(request: HttpRequest, page: Query[pagination.Page]) -> Any:
    """The newest first. A version never changes."""
    return version_page(request, page, promotions.published())
