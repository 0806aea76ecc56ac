"""Console pages of imports: the list, upload, mapping, check, progress, report."""

from pathlib import Path
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from regulars.connectors import actions, queries, tasks
from regulars.connectors.pages import showing
from regulars.connectors.pages.listing import ImportList
from regulars.connectors.tabular.problems import FileRefused
from regulars.web.access import MARKETERS, page

UPLOAD_BYTES_MAX = 1 << 30
DRY_ROWS_MAX = 20_000


@page(MARKETERS)
@never_cache
@require_GET
def imports(request: HttpRequest) -> HttpResponseBase:
    tasks.pick_up_abandoned()
    return ImportList(request).response("connectors/imports.html", {"upload_bytes_max": UPLOAD_BYTES_MAX})


@page(MARKETERS)
@require_POST
def upload(request: HttpRequest) -> HttpResponse:
    files = request.FILES.getlist("files")
    if not files:
        messages.warning(request, _("Choose a file first."))
    if large := [file.name for file in files if (file.size or 0) > UPLOAD_BYTES_MAX]:
        messages.error(
            request,
            _("Larger than 1 GB: %(names)s. Import it on the server: regulars import FILE.")
            % {"names": ", ".join(large)},
        )
        return redirect("imports")
    runs = [_received(request, file) for file in files]
    if len(runs) > 1:
        messages.info(request, showing.several(runs, [file.name or "" for file in files]))
    return redirect("import_run", runs[0]) if len(runs) == 1 else redirect("imports")


def _received(request: HttpRequest, file: Any) -> UUID:
    return actions.receive_upload(
        file.name, file.chunks(), actor=_actor(request), language=get_language() or "", at=timezone.now()
    )


@page(MARKETERS)
@never_cache
def run(request: HttpRequest, run_id: UUID) -> HttpResponse:
    view = _found(run_id)
    if view.state == "uploaded" or (view.state == "checked" and "edit" in request.GET):
        return _mapper(request, view)
    template = "check" if view.state == "checked" else "running" if view.is_open else "report"
    return render(request, f"connectors/{template}.html", showing.context(view, queries.earlier_run(run_id)))


def _mapper(request: HttpRequest, view: queries.RunView) -> HttpResponse:
    if request.method != "POST":
        return render(request, "connectors/mapper.html", showing.mapper(view, request.GET.get("dataset", "")))
    chosen = showing.chosen(view, request.POST)
    try:
        actions.map_run(view.id, **chosen)
    except FileRefused as refused:
        context = showing.mapper(_found(view.id), chosen["dataset"], refused)
        return render(request, "connectors/mapper.html", context, status=422)
    return redirect("import_run", view.id)


@page(MARKETERS)
@never_cache
@require_GET
def check(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """The dry run of a mapped file, loaded into its page."""
    view = _found(run_id)
    options = queries.conversion_options(view.options, at=timezone.now())
    try:
        found = actions.dry_run(
            view.path, showing.form_of(view), view.dataset, dict(view.mapping), options, rows_max=DRY_ROWS_MAX
        )
    except FileRefused as refused:
        return render(request, "connectors/refused.html", {"run": view, "problem": showing.told(refused)})
    return render(request, "connectors/checked.html", showing.dry(view, found, DRY_ROWS_MAX))


@page(MARKETERS)
@require_POST
def start(request: HttpRequest, run_id: UUID) -> HttpResponse:
    return _done(request, run_id, lambda: actions.queue_run(run_id, at=timezone.now(), enqueue=tasks.enqueue))


@page(MARKETERS)
@require_POST
def cancel(request: HttpRequest, run_id: UUID) -> HttpResponse:
    return _done(request, run_id, lambda: actions.cancel_run(run_id, at=timezone.now()))


def _done(request: HttpRequest, run_id: UUID, verb: Any) -> HttpResponse:
    try:
        verb()
    except actions.RunRefused as refused:
        if refused.code == "open":
            messages.warning(request, _("The same file is being imported already: wait for that import, or cancel it."))
        else:
            messages.warning(request, _("This import has moved on meanwhile; this is where it stands."))
    return redirect("import_run", _found(run_id).id)


@page(MARKETERS)
@never_cache
@require_GET
def progress(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """The progress line; once the run has ended, htmx is told to load the page anew."""
    view = _found(run_id)
    answer = render(request, "connectors/progress.html", showing.context(view))
    if not view.is_open:
        answer.headers["HX-Refresh"] = "true"
    return answer


@page(MARKETERS)
@require_GET
def rejects(request: HttpRequest, run_id: UUID) -> HttpResponseBase:
    view = _found(run_id)
    return _download(view, view.rejects_path)


@page(MARKETERS)
@require_GET
def warnings(request: HttpRequest, run_id: UUID) -> HttpResponseBase:
    view = _found(run_id)
    return _download(view, view.warnings_path)


def _download(view: queries.RunView, path: Path | None) -> HttpResponseBase:
    if path is None or not path.is_file():
        raise Http404
    name = f"{view.file_name.rsplit('.', 1)[0]}-{path.name}"
    return FileResponse(path.open("rb"), as_attachment=True, filename=name, content_type="text/csv")


@page(MARKETERS)
@require_POST
def sample_start(request: HttpRequest) -> HttpResponse:
    try:
        actions.adopt_sample(request.actor)  # type: ignore[attr-defined]
    except actions.ShopHasOrders:
        messages.error(
            request, _("This shop has orders of its own: load the sample shop in a folder of its own (regulars demo).")
        )
        return redirect("imports")
    run_id = actions.start_sample(
        small="small" in request.POST,
        actor=_actor(request),
        language=get_language() or "",
        at=timezone.now(),
        enqueue=tasks.enqueue,
    )
    return redirect("import_run", run_id)


def _actor(request: HttpRequest) -> str:
    return str(request.actor.name)  # type: ignore[attr-defined]


def _found(run_id: UUID) -> queries.RunView:
    if (view := queries.find_run(run_id)) is None:
        raise Http404
    return view


urlpatterns = [
    path("imports/", imports, name="imports"),
    path("imports/upload/", upload, name="import_upload"),
    path("imports/sample/", sample_start, name="sample_start"),
    path("imports/<uuid:run_id>/", run, name="import_run"),
    path("imports/<uuid:run_id>/check/", check, name="import_check"),
    path("imports/<uuid:run_id>/start/", start, name="import_start"),
    path("imports/<uuid:run_id>/cancel/", cancel, name="import_cancel"),
    path("imports/<uuid:run_id>/progress/", progress, name="import_progress"),
    path("imports/<uuid:run_id>/rejects/", rejects, name="import_rejects"),
    path("imports/<uuid:run_id>/warnings/", warnings, name="import_warnings"),
]
