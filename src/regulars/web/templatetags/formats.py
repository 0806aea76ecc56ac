"""Money, dates and numbers as a reader of the page's language expects them."""

from django import template

register = template.Library()
