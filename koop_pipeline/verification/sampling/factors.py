"""The numbers behind a sample: confidence factors F(k) and the size of a random sample.

F(k) is the mean of the Poisson distribution that has k or fewer events with the probability 1 - confidence. It is the
same number as chi-square inverse(confidence, 2(k+1))/2, worked out here in Decimal to `PLACES` decimals, half-even: a
float of another library version could move a sample size by one. Factors are pure numbers; rupiah stay in whole sen.
"""

from decimal import Decimal, localcontext
from fractions import Fraction
from functools import cache

PLACES = 20
DIGITS = 60
STEP = Decimal(1).scaleb(-PLACES)
LEAST, MOST = Decimal("0.5"), Decimal("0.9999")


def checked_confidence(confidence: Decimal) -> Decimal:
    """The confidence as a part of one; ValueError outside of 0.5 to 0.9999."""
    if not LEAST <= confidence <= MOST:
        raise ValueError(f"the confidence must lie between {LEAST:%} and {MOST:%}")
    return confidence


@cache
def factor(errors: int, confidence: Decimal) -> Decimal:
    """F(errors).

    >>> factor(0, Decimal("0.95"))
    Decimal('2.99573227355399099344')
    >>> factor(1, Decimal("0.95")).quantize(Decimal("0.0001"))
    Decimal('4.7439')
    """
    checked_confidence(confidence)
    with localcontext(prec=DIGITS):
        # from here the curve is convex and above the root, so every step of Newton stays on its left
        mean = max(Decimal(errors), factor(errors - 1, confidence)) if errors else Decimal(0)
        while True:
            below, last = _poisson(errors, mean)
            step = (below - (1 - confidence)) / last
            mean += step
            if step < STEP.scaleb(-5):
                return mean.quantize(STEP)


def _poisson(events: int, mean: Decimal) -> tuple[Decimal, Decimal]:
    """The probability of at most, and of exactly, this many events."""
    term = (-mean).exp()
    total = term
    for count in range(1, events + 1):
        term = term * mean / count
        total += term
    return total, term


def random_size(confidence: Decimal, rate: Decimal) -> int:
    """How many items show, at this confidence, that at most `rate` of all are wrong, if none of them is.

    The smallest n with (1 - rate)^n <= 1 - confidence, exactly.

    >>> random_size(Decimal("0.95"), Decimal("0.05"))
    59
    """
    checked_confidence(confidence)
    if not 0 < rate < 1:
        raise ValueError("the tolerable rate must lie between 0 and 1")
    right, risk = 1 - Fraction(rate), 1 - Fraction(confidence)
    size, missed = 0, Fraction(1)
    while missed > risk:
        size, missed = size + 1, missed * right
    return size
