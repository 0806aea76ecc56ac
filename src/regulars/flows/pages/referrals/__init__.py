"""The console's pages of referrals: who was brought by whom, what is to be reviewed, and what it was worth."""

from django.urls import path

from regulars.flows.pages.referrals import desk, trees

urlpatterns = [
    path("referrals/", desk.referrals, name="referrals"),
    path("referrals/advocates/", trees.advocates, name="referral_advocates"),
    path("referrals/<uuid:identifier>/", desk.referral, name="referral"),
    path("referrals/<uuid:identifier>/settle/", desk.settle, name="referral_settle"),
    path("customers/<uuid:customer>/referrals/", trees.tree, name="referral_tree"),
]
