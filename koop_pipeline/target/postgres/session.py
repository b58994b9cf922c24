"""What every session with the target is set to, whichever driver opens it: nothing waits without end."""

import os

SETTINGS = {
    "application_name": "koop",
    "client_encoding": "UTF8",
    "TimeZone": "UTC",
    "DateStyle": "ISO",
    "lock_timeout": "30s",
    # a server that computes for a client that was killed notices it, and frees the cooperative
    "client_connection_check_interval": "1s",
    "idle_in_transaction_session_timeout": "15min",
}
STATEMENT_TIMEOUT = "KOOP_TARGET_STATEMENT_TIMEOUT"


def settings() -> dict[str, str]:
    """Name and value of each setting, as `set_config` takes them."""
    return {**SETTINGS, "statement_timeout": os.environ.get(STATEMENT_TIMEOUT, "30min")}
