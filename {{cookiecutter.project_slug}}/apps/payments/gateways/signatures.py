"""Signed webhooks: `Webhook-Signature: t=<Unix seconds>,v1=<HMAC-SHA256 of "t.body">`."""

import hashlib
import hmac
import re
import time

from apps.payments.errors import InvalidSignature

HEADER = "Webhook-Signature"
TOLERANCE = 300  # seconds; bounds how long an intercepted request can be replayed

# Several v1 values let the sender change the key without a gap.
_FORMAT = re.compile(r"t=(?P<timestamp>[0-9]{1,12})(?P<digests>(,v1=[0-9a-f]{64}){1,5})")


def sign(body: bytes, *, key: str) -> str:
    """The header value for a body sent now."""
    timestamp = str(int(time.time()))
    return f"t={timestamp},v1={_digest(timestamp, body, key)}"


def verify(header: str, body: bytes, *, key: str) -> None:
    """Make sure that a holder of the key signed the body within the tolerance.

    Raises:
        InvalidSignature: If not; it never tells which part was wrong.
    """
    match = _FORMAT.fullmatch(header)
    if match is None or abs(time.time() - int(match["timestamp"])) > TOLERANCE:
        raise InvalidSignature
    expected = _digest(match["timestamp"], body, key)
    given = match["digests"].split(",v1=")[1:]
    if not any(hmac.compare_digest(expected, digest) for digest in given):
        raise InvalidSignature


def _digest(timestamp: str, body: bytes, key: str) -> str:
    return hmac.new(key.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
