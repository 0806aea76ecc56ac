"""Every address of the site; each domain brings its own pages."""

from django.urls import include, path

urlpatterns = [
    path("accounts/", include("allauth.urls")),
]
