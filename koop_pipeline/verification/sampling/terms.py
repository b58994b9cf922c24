"""The terms of a sample as an auditor gives them: confidence, tolerable error, seed."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from koop_pipeline.errors import ConfigError
from koop_pipeline.identifiers import rupiah
from koop_pipeline.identifiers.errors import IdentifierError
from koop_pipeline.verification.sampling import monetary
from koop_pipeline.verification.sampling.factors import LEAST, MOST, checked_confidence

USUAL_RATE = Decimal("0.05")
LEAST_RATE = Decimal("0.001")


@dataclass(frozen=True)
class Terms:
    """`tolerable` is as written: `5%` of what is carried, or an amount; `seed` None: it follows from the content."""

    confidence: Decimal
    tolerable: str
    rate: Decimal | None
    amount: Decimal | None
    seed: str | None

    @classmethod
    def of(cls, confidence: str = "95", tolerable: str = "5%", seed: str | None = None) -> "Terms":
        """Read what was typed; ConfigError with the way out.

        >>> Terms.of("99", "50.000.000").amount
        Decimal('50000000.00')
        """
        try:
            part = checked_confidence(_number(confidence.removesuffix("%")) / 100)
        except ValueError:
            raise ConfigError(f"--confidence {confidence}: give a percentage from {LEAST:%} to {MOST:%}") from None
        rate = amount = None
        if tolerable.endswith("%"):
            rate = _rate(tolerable)
        else:
            amount = _amount(tolerable)
        if seed is not None and not seed.strip():
            raise ConfigError("--seed is empty; give any text, or leave it out")
        return cls(part, tolerable, rate, amount, seed)

    @property
    def random_rate(self) -> Decimal:
        """The part of a random stratum that may be wrong: the same percentage, 5 % where an amount was given."""
        return self.rate or USUAL_RATE

    def tolerable_error(self, carried: int, whole: int) -> int:
        """TE in sen: the amount, or the percentage of what is carried (of the whole, where nothing is), rounded down.

        Rows that are left behind are in the whole; they make the sample larger, never the error that is tolerated.
        """
        if self.amount is not None:
            return monetary.sen(self.amount)
        return max(1, int((carried or whole) * self.random_rate))


def _number(text: str) -> Decimal:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        raise ValueError("not a number") from None
    if not number.is_finite():
        raise ValueError("not a number")
    return number


def _rate(text: str) -> Decimal:
    try:
        rate = _number(text.removesuffix("%")) / 100
    except ValueError:
        rate = Decimal(0)
    if not LEAST_RATE <= rate < 1:
        raise ConfigError(f"--tolerable {text}: give a percentage from {LEAST_RATE:%} to below 100%, or an amount")
    return rate


def _amount(text: str) -> Decimal:
    try:
        amount = Decimal(rupiah.validate(text))
    except IdentifierError:
        amount = Decimal(0)
    if amount <= 0:
        raise ConfigError(f"--tolerable {text}: give a percentage such as 5%, or an amount such as 50.000.000")
    return amount
