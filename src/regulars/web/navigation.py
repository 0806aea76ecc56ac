"""The console's left navigation, by what people do."""

from django.http import HttpRequest


def console(request: HttpRequest) -> dict[str, object]:
    return {"actor": getattr(request, "actor", None)}
