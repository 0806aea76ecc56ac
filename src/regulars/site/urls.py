"""Every address of the site; each room brings its own pages (``urlpatterns`` of its ``pages``)."""

from django.urls import include, path
from django.views.generic import RedirectView

from regulars.site.api import api
from regulars.web.api_docs import page_of
from regulars.web.problems import nothing_here

urlpatterns = [
    path("api/docs", page_of(api), name="api_docs"),
    path("api/v1/", api.urls),
    path("api/v1/<path:rest>", nothing_here),
    # Addresses of staff are the owner's matter; allauth's page would let everybody add their own.
    path("accounts/email/", RedirectView.as_view(pattern_name="account")),
    path("accounts/", include("allauth.urls")),
    path("", include("regulars.web.pages")),
    path("", include("regulars.shop.pages")),
    path("", include("regulars.flows.pages")),
    path("", include("regulars.membership.pages")),
    path("", include("regulars.insights.pages")),
    path("", include("regulars.catalog.pages")),
    path("", include("regulars.orders.pages")),
    path("", include("regulars.connectors.pages")),
]
handler403 = "regulars.web.pages.refused"
handler404 = "regulars.web.pages.missing"
handler500 = "regulars.web.pages.broken"
