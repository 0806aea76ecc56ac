"""Whom a member brought, over all levels, and the members who brought most."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from regulars.customers import queries as customers
from regulars.flows.pages.referrals.tables import TONES
from regulars.membership.queries import referral_trees, referrals
from regulars.membership.queries.referral_trees import Branch, Tree
from regulars.shop.queries import require_shop
from regulars.web import formats
from regulars.web.access import EVERYONE, page

ADVOCATES_SHOWN = 50
FRIENDS_SHOWN = 500


@page(EVERYONE)
def advocates(request: HttpRequest) -> HttpResponse:
    currency = require_shop().currency
    found = referral_trees.top_advocates(ADVOCATES_SHOWN, currency)
    names = customers.names(tree.root for tree in found)
    rows = [{"name": names.get(tree.root, ""), **_figures(tree, currency)} for tree in found]
    return render(request, "flows/referrals/advocates.html", {"rows": rows})


@page(EVERYONE)
def tree(request: HttpRequest, customer: UUID) -> HttpResponse:
    survivor, currency = customers.canonical_id(customer), require_shop().currency
    if survivor is None:
        raise Http404
    if survivor != customer:
        return redirect("referral_tree", survivor)
    found = referral_trees.tree_of(customer, currency)
    return render(request, "flows/referrals/tree.html", _context(found, currency))


def _context(found: Tree, currency: str) -> dict[str, Any]:
    shown = _in_order(found)[:FRIENDS_SHOWN]
    names = customers.names([found.root, *(branch.customer for branch in shown)])
    return {
        "customer": found.root,
        "name": names[found.root],
        "code": referrals.code_of(found.root),
        "rows": [_row(branch, names, currency) for branch in shown],
        "hidden": len(found.branches) - len(shown),
        "is_whole": found.is_whole,
        **_figures(found, currency),
    }


def _figures(found: Tree, currency: str) -> dict[str, Any]:
    return {
        "root": found.root,
        "direct": found.direct(),
        "people": len(found.branches),
        "orders": found.orders,
        "value": formats.money(found.net_amount, currency),
    }


def _in_order(found: Tree) -> list[Branch]:
    """Everyone right after who brought them."""
    below: dict[UUID, list[Branch]] = {}
    for branch in found.branches:
        below.setdefault(branch.by, []).append(branch)
    ordered: list[Branch] = []
    to_come = below.get(found.root, [])[::-1]
    while to_come:
        branch = to_come.pop()
        ordered.append(branch)
        to_come += below.get(branch.customer, [])[::-1]
    return ordered


def _row(branch: Branch, names: dict[UUID, str], currency: str) -> dict[str, Any]:
    return {
        "customer": branch.customer,
        "name": names.get(branch.customer, ""),
        "by": names.get(branch.by, ""),
        "level": branch.level,
        "indent": "\u2003" * (branch.level - 2) + "↳ " if branch.level > 1 else "",
        "state": referrals.STATES[branch.state],
        "tone": TONES[branch.state],
        "at": branch.at,
        "orders": branch.orders,
        "value": formats.money(branch.net_amount, currency),
    }
