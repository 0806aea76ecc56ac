"""How a handle is written so that the same person is recognised whoever wrote it down."""

import unicodedata

import phonenumbers
from email_validator import EmailNotValidError, validate_email


def normalise(kind: str, value: str, country: str = "CN") -> str:
    """The comparable form of a handle: e-mail in lower case, phone as +8613800138000, others stripped.

    ``country`` (ISO 3166 alpha-2) is where a phone number without a prefix is taken to be. Raises ValueError, with a
    sentence, for what is no e-mail address or phone number.
    """
    value = unicodedata.normalize("NFKC", value).strip()
    if kind == "email":
        return _email(value)
    if kind == "phone":
        return _phone(value, country)
    if not value:
        raise ValueError(f"an empty {kind} is no handle")
    return value


def _email(value: str) -> str:
    try:
        checked = validate_email(value, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise ValueError(f"{value!r} is no e-mail address: {error}") from None
    return checked.normalized.lower()


def _phone(value: str, country: str) -> str:
    try:
        number = phonenumbers.parse(value, country)
    except phonenumbers.NumberParseException as error:
        raise ValueError(f"{value!r} is no phone number: {error}") from None
    if not phonenumbers.is_possible_number(number):
        raise ValueError(
            f"{value!r} is no phone number of {country}; write it with its country, such as +86 138 0013 8000"
        )
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
