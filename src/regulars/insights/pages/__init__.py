"""The pages of insights: overview, customers, segments, analyses, definitions."""

from django.urls import path

from regulars.insights.pages.analysis import cohorts, rfm
from regulars.insights.pages.customer import candidates, customer, timeline
from regulars.insights.pages.customers import customers, leaving, premium
from regulars.insights.pages.dashboard import dashboard, definitions
from regulars.insights.pages.segments import delete, rename, save, segments

urlpatterns = [
    path("", dashboard, name="dashboard"),
    path("customers/", customers, name="customers"),
    path("customers/leaving/", leaving, name="leaving"),
    path("customers/premium/", premium, name="premium"),
    path("customers/segments/", segments, name="segments"),
    path("customers/segments/save/", save, name="save_segment"),
    path("customers/segments/<uuid:segment>/rename/", rename, name="rename_segment"),
    path("customers/segments/<uuid:segment>/delete/", delete, name="delete_segment"),
    path("customers/<uuid:identifier>/", customer, name="customer"),
    path("customers/<uuid:identifier>/timeline/", timeline, name="customer_timeline"),
    path("customers/<uuid:identifier>/candidates/", candidates, name="merge_candidates"),
    path("insight/cohorts/", cohorts, name="cohorts"),
    path("insight/rfm/", rfm, name="rfm"),
    path("definitions/", definitions, name="definitions"),
]
