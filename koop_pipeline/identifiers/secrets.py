"""Which columns hold secrets: passwords, PINs, the mother's maiden name (law 8). They are never carried.

Raw keeps a keyed hash of their values. Put here how they are recognised, by name or by the reason a profile gives.
"""

import re

SECRET_COLUMN = re.compile(
    r"passw|^pass$|pwd|kata.?sandi|^sandi$|kode.?sandi|sandi.?(login|masuk|pengguna|user|app)|(^|[_ ])pin($|[_ ])"
    r"|ibu.?kandung|nama.?ibu|mother|maiden|token|secret",
    re.IGNORECASE,
)
SECRET_REASON = re.compile(r"password|kata sandi|\bPIN\b|ibu kandung|maiden", re.IGNORECASE)
