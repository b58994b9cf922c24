"""Great Expectations making an expectation's configuration once: by itself it makes the same one some sixty times."""

from collections.abc import Iterator
from contextlib import contextmanager

from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration


@contextmanager
def made_once() -> Iterator[None]:
    """Within, an expectation answers with the configuration that it made first; nothing changes one while it runs."""
    own = Expectation.configuration
    kept: dict[int, tuple[Expectation, ExpectationConfiguration]] = {}  # the expectation too, so that its id stays its

    def configuration(expectation: Expectation) -> ExpectationConfiguration:
        if id(expectation) not in kept:
            kept[id(expectation)] = (expectation, own.__get__(expectation))
        return kept[id(expectation)][1]

    Expectation.configuration = property(configuration)  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        Expectation.configuration = own  # type: ignore[method-assign]
