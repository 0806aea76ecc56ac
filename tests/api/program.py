"""A program that calls the API as a program would: over HTTP, with a key."""

import json
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.test import Client, override_settings

from regulars.shop.models import ApiKey
from regulars.shop.queries import hash_secret


def make_key(*scopes: str, secret: str = "secret") -> ApiKey:
    return ApiKey.objects.create(name="test", prefix=secret[:8], secret_hash=hash_secret(secret), scopes=list(scopes))


@dataclass
class Program:
    """Calls the API with a key; ``send`` answers the response, whose ``data`` is its JSON."""

    secret: str = "secret"

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        given = {"content_type": "application/json", "data": json.dumps(body)} if body is not None else {}
        if self.secret:
            headers = {"Authorization": f"Bearer {self.secret}", **headers}
        # What stands around the routes is what the site puts there when a program asks.
        with override_settings(MIDDLEWARE=settings.API_MIDDLEWARE):
            response = Client(raise_request_exception=False).generic(method, f"/api/v1{path}", headers=headers, **given)
        response.data = json.loads(response.content) if response.content else None
        return response

    def get(self, path: str, **headers: str) -> Any:
        return self.send("GET", path, **headers)

    def post(self, path: str, body: Any, **headers: str) -> Any:
        return self.send("POST", path, body, **headers)

    def put(self, path: str, body: Any, **headers: str) -> Any:
        return self.send("PUT", path, body, **headers)
