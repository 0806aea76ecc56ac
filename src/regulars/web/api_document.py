"""The OpenAPI document: what ninja derives from the routes, and what all routes share."""

from typing import Any

from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation

from regulars.web import access, problems

_ALWAYS = ("internal", "unavailable")
_KEYED = ("unauthenticated", "forbidden", "too-many-requests")
_BODY = ("malformed", "too-large", "unsupported-media-type")
_HEADERS = {
    "X-Request-Id": {
        "description": "Names this request in the operator's log.",
        "schema": {"type": "string", "format": "uuid"},
    },
}
_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "additionalProperties": False,
    "properties": {
        "type": {"type": "string", "description": "Where this kind of problem is described."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string", "description": "The request's id."},
        "limit": {
            "type": "object",
            "description": "The account that has too little: what was asked of it and what it has left.",
            "required": ["account", "kind", "unit", "reference", "asked", "left"],
            "additionalProperties": False,
            "properties": {
                **{name: {"type": "string"} for name in ("account", "kind", "unit", "reference")},
                **{name: {"type": "integer"} for name in ("asked", "left")},
            },
        },
        "left": {"type": "integer", "description": "What a hold still holds."},
        "reason": {
            "type": "object",
            "description": "Why something cannot be had or done, in both languages.",
            "required": ["en", "zh"],
            "additionalProperties": False,
            "properties": {"en": {"type": "string"}, "zh": {"type": "string"}},
        },
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["path", "reason"],
                "additionalProperties": False,
                "properties": {"path": {"type": "string"}, "reason": {"type": "string"}},
            },
        },
    },
}


class Document(OpenAPISchema):
    """Adds to each operation its key's scope and every problem it may answer with."""

    def operation_details(self, operation: Operation) -> dict[str, Any]:
        details = super().operation_details(operation)
        for kind in self._kinds(operation, details):
            details["responses"].setdefault(kind.status, {"$ref": f"#/components/responses/{kind.name}"})
        details["responses"] = {
            str(status): answer
            for status, answer in sorted(details["responses"].items(), key=lambda item: int(item[0]))
        }
        return details

    def _kinds(self, operation: Operation, details: dict[str, Any]) -> list[problems.Kind]:
        names = [*_ALWAYS]
        if operation.auth_callbacks:
            names += _KEYED
        if "requestBody" in details:
            names += _BODY
        if "requestBody" in details or details["parameters"]:
            names.append("invalid")
        if "{" in operation.path:
            names.append("not-found")
        if "PUT" in operation.methods:
            names.append("precondition-failed")
        return [problems.KINDS[name] for name in names]

    def operation_security(self, operation: Operation) -> list[dict[str, Any]] | None:
        scopes = [auth.needed.value for auth in operation.auth_callbacks or () if isinstance(auth, access.scope)]
        return [{"key": scopes}] if scopes else None

    def get_components(self) -> dict[str, Any]:
        return {
            "schemas": {**self.schemas, "Problem": _PROBLEM},
            "responses": {kind.name: _response(kind) for kind in problems.KINDS.values()},
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An API key of this shop. The list beside it names the scopes needed.",
                }
            },
        }


def _response(kind: problems.Kind) -> dict[str, Any]:
    example = {"type": f"{problems.DOCS}#{kind.name}", "title": kind.title, "status": kind.status, "detail": kind.mend}
    content = {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}}
    return {"description": f"{kind.title}. {kind.mend}", "headers": _HEADERS, "content": content}


class DocumentedAPI(NinjaAPI):
    """A ninja API with this document."""

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None
    ) -> OpenAPISchema:
        return Document(self, self.get_root_path(path_params or {}) if path_prefix is None else path_prefix)

    def get_openapi_operation_id(self, operation: Operation) -> str:
        """The route's function name: unique here, and what generated clients call their methods."""
        return operation.view_func.__name__
