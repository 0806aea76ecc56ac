"""What each figure means, said once: the definitions page and every tooltip read it from here."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Definition:
    """One figure. ``unit`` and ``period`` are words for people; ``source`` names the mart that works it out."""

    key: str
    name: Any
    what: Any
    formula: Any
    unit: Any
    period: Any
    source: str


@dataclass(frozen=True, slots=True)
class Chapter:
    title: Any
    definitions: tuple[Definition, ...]


_MONEY = _("money, in the shop's currency")
_CUSTOMERS, _ORDERS, _SHARE, _DAYS = _("customers"), _("orders"), _("share"), _("days")
_CHOSEN = _("the chosen number of days up to the day of the figures, compared with as many days before")
_ALL, _TODAY, _YEAR = _("all orders so far"), _("the day of the figures"), _("the last 365 days")

CHAPTERS = (
    Chapter(
        _("Sales"),
        (
            Definition(
                "as_of",
                _("Day of the figures"),
                _(
                    "The day all figures are told for: today, or the day of the newest order where the settings say "
                    "so, but never later than today."
                ),
                _("Orders of later days are left out."),
                _("day"),
                _TODAY,
                "shop",
            ),
            Definition(
                "orders",
                _("Orders"),
                _(
                    "Orders that count, in any currency: paid or further. Orders awaiting payment, cancelled ones and "
                    "those refunded in whole never count; those refunded in part do."
                ),
                _("number of such orders"),
                _ORDERS,
                _CHOSEN,
                "purchases",
            ),
            Definition(
                "net",
                _("Net sales"),
                _(
                    "What the shop earns on goods. Discounts that a maker pays for are not taken off; refunds are. An "
                    "order in another currency brings no money here: who buys in others alone shows net sales of 0."
                ),
                _("list prices − discounts the shop bears − refunds, order by order and never below 0; no shipping"),
                _MONEY,
                _CHOSEN,
                "purchases",
            ),
            Definition(
                "average_order",
                _("Average order"),
                _("What an order in the shop's currency brings on average."),
                _("net sales ÷ orders in the shop's currency"),
                _MONEY,
                _CHOSEN,
                "periods",
            ),
            Definition(
                "discounted_orders",
                _("Orders on discount"),
                _("How many of the orders had any discount, whoever paid for it."),
                _("orders with a discount ÷ orders"),
                _SHARE,
                _CHOSEN,
                "periods",
            ),
            Definition(
                "discount_share",
                _("Discount depth"),
                _("How much of the list price was given away."),
                _("discounts the shop bears ÷ list prices"),
                _SHARE,
                _CHOSEN,
                "periods",
            ),
        ),
    ),
    Chapter(
        _("Customers"),
        (
            Definition(
                "customers",
                _("Customers"),
                _("People the shop knows. Records that were merged are one customer. Prospects have not ordered yet."),
                _("records that were not merged into another"),
                _CUSTOMERS,
                _ALL,
                "totals",
            ),
            Definition(
                "buyers",
                _("Buyers"),
                _("Customers who ordered in the period. Orders that name no buyer bring money, but nobody."),
                _("different customers among the orders"),
                _CUSTOMERS,
                _CHOSEN,
                "periods",
            ),
            Definition(
                "new_customers",
                _("New customers"),
                _("Customers whose first order ever lies in the period. In later periods they are returning."),
                _("buyers whose first purchase day lies in the period"),
                _CUSTOMERS,
                _CHOSEN,
                "periods, new_returning",
            ),
            Definition(
                "purchase_day",
                _("Purchase day"),
                _("A day in the shop's time zone on which a customer ordered, once or more often."),
                _("different days with orders"),
                _DAYS,
                _ALL,
                "customer_days",
            ),
            Definition(
                "regulars",
                _("Regular customers"),
                _("Customers who know the way: they bought on three days or more."),
                _("customers with 3 purchase days or more"),
                _CUSTOMERS,
                _ALL,
                "standing",
            ),
        ),
    ),
    Chapter(
        _("Coming back"),
        (
            Definition(
                "repurchase_rate",
                _("Repurchase rate"),
                _("How many of those who bought came back on another day."),
                _("customers with 2 purchase days or more ÷ customers with orders"),
                _SHARE,
                _ALL,
                "repurchase",
            ),
            Definition(
                "second_purchase",
                _("Time to the second purchase"),
                _("How long it takes until customers come back for the first time."),
                _("days from the first to the second purchase day; the median of those who came back"),
                _DAYS,
                _ALL,
                "second_purchase",
            ),
            Definition(
                "retention",
                _("Retention of a cohort"),
                _("A cohort is everyone who ordered first in the same month. Retention is how many order again."),
                _("customers of the cohort who ordered n months after ÷ customers of the cohort"),
                _SHARE,
                _("each calendar month; the last one may still be running"),
                "cohorts",
            ),
        ),
    ),
    Chapter(
        _("Buying rhythm"),
        (
            Definition(
                "rhythm",
                _("Usual interval"),
                _(
                    "How many days usually pass between a customer's purchase days. With few purchases it leans on "
                    "what is typical in this shop, with many it is the customer's own."
                ),
                _(
                    "(3 × typical interval + number of own intervals × their mean) ÷ (3 + number of own intervals); "
                    "the typical interval is the median of the customers' own means"
                ),
                _DAYS,
                _ALL,
                "rhythm",
            ),
            Definition(
                "lateness",
                _("Lateness"),
                _("How long a customer has been away, measured by their own usual interval."),
                _("days since the last purchase day ÷ usual interval"),
                _("times the usual interval"),
                _TODAY,
                "rhythm",
            ),
            Definition(
                "state",
                _("State"),
                _(
                    "Where a customer stands against their own rhythm: active up to 2 times the usual interval (new "
                    "with a single purchase day), slowing down up to 3, at risk up to 6, lapsed beyond. Prospects "
                    "never ordered."
                ),
                _("by lateness; nobody is late within the shop's typical interval, nor lapsed within 3 of them"),
                _("state"),
                _TODAY,
                "rhythm",
            ),
            Definition(
                "at_stake",
                _("Money at stake"),
                _("What customers who are late brought in the last year: the sales that go if they go."),
                _("their net sales of the last 365 days"),
                _MONEY,
                _YEAR,
                "standing",
            ),
        ),
    ),
    Chapter(
        _("Customer value"),
        (
            Definition(
                "rfm",
                _("RFM scores"),
                _("Recency, frequency and money, each from 1 to 5 (5 is best) by where a customer stands among all."),
                _("5 means among the best fifth; equal customers get equal scores"),
                _("1 to 5"),
                _ALL,
                "rfm",
            ),
            Definition(
                "segment",
                _("RFM segment"),
                _("A name for each area of the map of recency against value (frequency and money together)."),
                _("recency score across, rounded-up mean of frequency and money scores up"),
                _("segment"),
                _ALL,
                "rfm",
            ),
            Definition(
                "premium",
                _("Premium customers"),
                _("The few who bring the first half of the shop's sales."),
                _("customers in order of net sales, until their sum reaches half of all net sales"),
                _CUSTOMERS,
                _YEAR,
                "customer_cards",
            ),
            Definition(
                "momentum",
                _("Momentum"),
                _("Whether a customer spends more or less than before."),
                _("net sales of the last 90 days against the 90 days before"),
                _SHARE,
                _("the last 90 days"),
                "customer_profile",
            ),
        ),
    ),
    Chapter(
        _("Data"),
        (
            Definition(
                "completeness",
                _("Completeness"),
                _("How much of what could be known is known. Gaps here are gaps in every figure."),
                _(
                    "orders of a known customer ÷ orders; products with a category ÷ products; customers with an "
                    "e-mail address or phone number ÷ customers"
                ),
                _SHARE,
                _ALL,
                "totals",
            ),
            Definition(
                "freshness",
                _("Freshness"),
                _("When the newest order was placed, and when the figures were last worked out."),
                _("newest order; time of the last refresh"),
                _("time"),
                _TODAY,
                "totals",
            ),
        ),
    ),
)


def definition(key: str) -> Definition:
    """One definition. Raises KeyError for a figure nobody defined."""
    return _BY_KEY[key]


_BY_KEY = {each.key: each for chapter in CHAPTERS for each in chapter.definitions}
