"""Why a text is not an identifier: four exceptions, as in python-stdnum.

Raised by the scalar verbs only (`validate`). The vectorized form never raises: a fault there is a code in a column.
Put no further classes here; a finer reason is the fault code that each exception carries.
"""


class IdentifierError(ValueError):
    """Base: the text has no canonical value. `fault` is the fault code, None for an empty text."""

    def __init__(self, message: str, fault: str | None = None) -> None:
        super().__init__(message)
        self.fault = fault


class InvalidForm(IdentifierError):
    """The text does not have the form that the identifier must have, or a part of it is impossible."""


class Placeholder(IdentifierError):
    """The text is empty or only fills the field: `-`, `123456789`."""


class Ambiguous(IdentifierError):
    """The text may be right, but can be read in more than one way or was damaged; it is held, never repaired."""
