"""Money as integer minor units with a currency (ISO 4217), and exact splitting."""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

# ISO 4217 active currencies by their number of decimals; 2 unless listed. Source: ISO 4217:2015 list one.
_EXPONENTS = {
    **dict.fromkeys("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(), 0),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
    **dict.fromkeys("CLF UYW".split(), 4),
}
CURRENCIES = frozenset(
    (
        "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLF "
        "CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG "
        "HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA "
        "MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD "
        "RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX "
        "USD UYI UYU UYW UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG"
    ).split()
)


def exponent(currency: str) -> int:
    """Decimals of a currency: 2 for CNY, 0 for JPY. Raises ValueError for a code ISO 4217 does not list."""
    if currency not in CURRENCIES:
        raise ValueError(f"unknown currency {currency!r}: give an ISO 4217 code such as CNY or USD")
    return _EXPONENTS.get(currency, 2)


def to_minor(amount: str | Decimal | int, currency: str) -> int:
    """Minor units of a decimal amount: ``to_minor("12.30", "CNY") == 1230``.

    Raises ValueError for what is not a number, not finite, or finer than the currency's smallest unit.
    """
    try:
        scaled = Decimal(amount).scaleb(exponent(currency))
    except InvalidOperation:
        raise ValueError(f"{amount!r} is not an amount of money") from None
    if not scaled.is_finite() or scaled != scaled.to_integral_value():
        raise ValueError(f"{amount} has a fraction smaller than the smallest unit of {currency}")
    return int(scaled)


def to_decimal(minor: int, currency: str) -> Decimal:
    """The decimal amount of minor units: ``to_decimal(1230, "CNY") == Decimal("12.30")``."""
    return Decimal(minor).scaleb(-exponent(currency))


def split(amount: int, weights: Sequence[int]) -> list[int]:
    """Split ``amount`` in proportion to ``weights`` by largest remainder; the parts sum to ``amount`` exactly.

    Ties go to the earlier weight. Weights that sum to zero split evenly. Raises ValueError for no or negative weights.
    """
    if not weights or min(weights) < 0:
        raise ValueError("split needs weights, none of them negative")
    if (total := sum(weights)) == 0:
        weights, total = [1] * len(weights), len(weights)
    sign = -1 if amount < 0 else 1
    shares = [divmod(abs(amount) * weight, total) for weight in weights]
    parts = [quotient for quotient, _ in shares]
    left = abs(amount) - sum(parts)
    for index in sorted(range(len(weights)), key=lambda i: -shares[i][1])[:left]:
        parts[index] += 1
    return [sign * part for part in parts]
