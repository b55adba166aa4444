# SPDX-License-Identifier: AGPL-3.0-or-later
"""What an authenticator shows (RFC 6238), by Python's own HMAC."""

import base64
import hmac
import time


def code(secret, later=0):
    """The six digits of now, or of so many steps of 30 seconds later."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.digest(key, (int(time.time()) // 30 + later).to_bytes(8, "big"), "sha1")
    at = digest[-1] & 15
    return f"{(int.from_bytes(digest[at:at + 4], 'big') & 0x7fffffff) % 1000000:06d}"
