"""The pages of members: the list of them, why one stands where they stand, and how they are spread over the tiers."""

from django.urls import path

from regulars.membership.pages.members import members, why
from regulars.membership.pages.tiers import tiers

urlpatterns = [
    path("members/", members, name="members"),
    path("members/tiers/", tiers, name="tiers"),
    path("customers/<uuid:customer>/membership/", why, name="membership_why"),
]
