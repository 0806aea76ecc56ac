"""The console's pages of the programme: as it stands, as it is being written, put into force, tried out."""

from django.urls import path

from regulars.flows.pages.programme import editing, previewing, publishing

urlpatterns = [
    path("programme/", publishing.programme, name="programme"),
    path("programme/progress/", publishing.progress, name="programme_progress"),
    path("programme/compare/", publishing.compare, name="programme_compare"),
    path("programme/versions/<int:number>/", publishing.version, name="programme_version"),
    path("programme/preview/", previewing.preview, name="programme_preview"),
    path("programme/preview/products/", previewing.products, name="programme_products"),
    path("programme/begin/", editing.begin, name="programme_begin"),
    path("programme/draft/", editing.edit, name="programme_draft"),
    path("programme/draft/text/", editing.text, name="programme_text"),
    path("programme/draft/part/", editing.part, name="programme_part"),
    path("programme/draft/arrange/", editing.arrange, name="programme_arrange"),
    path("programme/draft/publish/", publishing.publish, name="programme_publish"),
]
