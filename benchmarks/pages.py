"""Server time of the console's pages on the full sample, and the weight of the first page."""

import gzip
import re
from collections.abc import Iterator
from statistics import median
from typing import Any

from benchmarks.harness import Result, open_in_this_process, sample_shop, seconds

PAGE_MS_MAX, FIRST_PAGE_KB_MAX = 200, 1000
LISTS = "customers leaving premium segments orders products imports definitions cohorts rfm settings team keys".split()


def run() -> Iterator[Result]:
    open_in_this_process(sample_shop())
    from django.conf import settings
    from django.test import Client

    from regulars.site.preparing import prepare_static

    prepare_static()
    settings.ALLOWED_HOSTS = ["testserver"]
    client = Client(headers={"accept-language": "zh-hans"})
    client.force_login(_owner(), backend="allauth.account.auth_backends.AuthenticationBackend")
    for name, path in _addresses():
        answers = [client.get(path)]
        if answers[0].status_code != 200:
            raise RuntimeError(f"{path} answered {answers[0].status_code}")
        times = [1000 * seconds(lambda p=path: client.get(p)) for _ in range(5)]
        yield Result(f"page: {name}", median(times), PAGE_MS_MAX, "ms", "the promise", 1)
    yield Result("weight of the first page, gzipped", _weight(client) / 1000, FIRST_PAGE_KB_MAX, "kB", "the promise", 1)


def _owner() -> Any:
    from regulars.shop.models import User

    return User.objects.filter(role="owner").first() or User.objects.create_user(
        "owner@bench.example", None, role="owner"
    )


def _addresses() -> Iterator[tuple[str, str]]:
    from django.urls import reverse

    from regulars.orders.models import Line, Order

    order = Order.objects.order_by("-net_amount").first()
    product = Line.objects.filter(order=order).first().product_id
    yield "dashboard", reverse("dashboard")
    yield from ((name, reverse(name)) for name in LISTS)
    yield "customer", reverse("customer", args=[order.customer_id])
    yield "order", reverse("order", args=[order.pk])
    yield "product", reverse("product", args=[product])
    yield "customers, searched", reverse("customers") + "?q=household+17"
    yield "orders, deep page", reverse("orders") + "?page=900"


def _weight(client: Any) -> int:
    """Bytes of the dashboard and every script and style sheet it names."""
    from django.contrib.staticfiles import finders

    page = client.get("/").content
    names = set(re.findall(rb'(?:src|href)="/static/([^"?]+)"', page))
    total = len(gzip.compress(page))
    for name in names:
        plain = re.sub(r"\.[0-9a-f]{12}(?=\.\w+$)", "", name.decode())
        if found := finders.find(plain):
            with open(found, "rb") as file:
                total += len(gzip.compress(file.read()))
    return total
