"""The years that this program knows: beyond them a day has no instant in every zone, and is a slip of the pen anyway."""

from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

FIRST_YEAR, LAST_YEAR = 1900, 2199


def known_year(value: Any) -> None:
    """Validator of forms: a day or instant, or a range of them."""
    ends = (value.start, value.stop) if isinstance(value, slice) else (value,)
    if any(isinstance(end, date) and not FIRST_YEAR <= end.year <= LAST_YEAR for end in ends):
        raise ValidationError(_("Choose a day between 1900 and 2199."))
