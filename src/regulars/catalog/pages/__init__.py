"""The console's pages of the catalogue: the list of products, and one product."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _

from regulars.catalog.pages.product import product_context
from regulars.catalog.pages.table import ProductList
from regulars.catalog.queries import listing
from regulars.web import search
from regulars.web.access import EVERYONE, Actor, page


@page(EVERYONE)
def products(request: HttpRequest) -> HttpResponseBase:
    return ProductList(request).response()


@page(EVERYONE)
def product(request: HttpRequest, identifier: UUID) -> HttpResponse:
    detail = listing.product(identifier)
    if detail is None:
        raise Http404
    return render(request, "catalog/product.html", product_context(detail))


@search.provider(_("Products"), icon="package")
def found_products(text: str, limit: int, actor: Actor) -> list[search.Hit]:
    """Products by title, source id or stock-keeping unit for the search in the page's head."""
    return [
        search.Hit(
            row.title, reverse("product", args=[row.id]), " · ".join(filter(None, (row.source_id, row.category)))
        )
        for row in listing.products_like(text, limit)
    ]


urlpatterns = [
    path("products/", products, name="products"),
    path("products/<uuid:identifier>/", product, name="product"),
]
