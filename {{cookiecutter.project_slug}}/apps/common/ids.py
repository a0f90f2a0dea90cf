"""Time-ordered public identifiers."""

import secrets
import time
import uuid


def uuid7() -> uuid.UUID:
    """A UUID version 7, ordered by the time of its creation to a quarter of a microsecond.

    Indexes on it grow at one end, and a listing can be sorted by it. The layout is RFC 9562's,
    section 5.7: milliseconds since 1970 in 48 bits, the fraction of the millisecond in 12 (method 3
    of section 6.2), and 62 random bits.
    """
    milliseconds, nanoseconds = divmod(time.time_ns(), 1_000_000)
    fraction = (nanoseconds << 12) // 1_000_000
    return uuid.UUID(
        int=(milliseconds << 80)
        | (0x7 << 76)
        | (fraction << 64)
        | (0x2 << 62)
        | secrets.randbits(62)
    )
