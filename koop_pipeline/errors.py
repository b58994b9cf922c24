"""The errors that a user sees: each is one clear sentence with file and place, and the way out.

Raise `ConfigError` when the call, a config or a profile is wrong (exit code 2), `DeliveryError` when what one
cooperative delivered cannot be used (that cooperative fails, the batch goes on). Values in a message are masked first.
"""


class KoopError(Exception):
    """Base of every error whose text is meant for the user."""


class ConfigError(KoopError):
    """The call, `program.yaml`, a batch or a profile is wrong; nothing was started."""


class DeliveryError(KoopError):
    """One cooperative's delivery, or its profile against that delivery, cannot be used."""


class RefusedError(KoopError):
    """A step refuses to act on a cooperative: no verdict, changed source, changed content."""
