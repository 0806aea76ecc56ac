"""What the web server calls: one handler for pages, and a leaner one for programs."""

from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.wsgi import get_wsgi_application

from regulars.site.supervising import end_with_parent, leave_terminal
from regulars.web.api_gate import PREFIX


class ApiHandler(WSGIHandler):
    """Django's handler with ``API_MIDDLEWARE`` around the routes."""

    def load_middleware(self, is_async: bool = False) -> None:
        whole, settings.MIDDLEWARE = settings.MIDDLEWARE, settings.API_MIDDLEWARE
        try:
            super().load_middleware(is_async)
        finally:
            settings.MIDDLEWARE = whole


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    handler = programs if environ["PATH_INFO"].startswith(PREFIX) else pages
    return handler(environ, start_response)


leave_terminal()
pages = get_wsgi_application()
programs = ApiHandler()
end_with_parent()
