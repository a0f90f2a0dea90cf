"""What nobody may read in a log: known by the name of its field, or by its shape in any text.

Texts come from outside as well. No expression here looks at a character more than a few times,
however long the text is.
"""

import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from functools import lru_cache
from typing import Any

MASK = "***"
# Of a card number.
FEWEST_DIGITS, MOST_DIGITS = 13, 19

_NAMES = "passw(?:or)?d|passphrase|secret|token|api[-_ ]?key|authorization|signature|cvv|cvc"
_SECRET_NAME = re.compile(
    rf"{_NAMES}|cookie|^code$"
    r"|(?:verification|confirmation|reset|security|login|one[-_]?time)[-_]?code"
    r"|(?<![a-z])(?:pass|card|otp|pin|e?-?mail)(?![a-z])",
    re.IGNORECASE,
)
_NAMED_SECRET = re.compile(
    rf"""((?:{_NAMES})\w{{0,20}}["']?\s{{0,3}}[=:]\s{{0,3}}(?:(?:bearer|basic)\s)?)"""
    r"""(?:"[^"]*"|'[^']*'|[^\s"',;&)\]}]+)"""
    r"|(cookie[\"']?\s{0,3}[=:]).+",
    re.IGNORECASE,
)
_TOKEN = re.compile(r"(?<=[Bb]earer )[^\s\"',;]+|(?<![\w-])eyJ[\w-]+\.[\w-]+\.[\w-]+")
_LOCAL_PART = r"[\w.!#$%&'*+/=?^`{|}~-]"
_LOGIN_OR_EMAIL = re.compile(rf"(?<=://)[^\s/]*(?=@)|(?<!{_LOCAL_PART}){_LOCAL_PART}+@\w[\w.-]*")
_UUID_OR_NUMBER = re.compile(
    r"\b(?=[\da-f])(?:([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}\b)"
    rf"|\d(?:[ -]?\d){{{FEWEST_DIGITS - 1},{MOST_DIGITS - 1}}}\b"
    r"|(?<!\.)\d{6}\b(?!\.\d))"
)


def masked(value: Any) -> Any:  # noqa: ANN401 - whatever a caller logs
    """A value as it may be shown: text and numbers, or lists and mappings of them."""
    match value:
        case str():
            return masked_text(value)
        case bool() | float() | None:
            return value
        case int():
            return MASK if len(str(abs(value))) >= FEWEST_DIGITS else value
        case Mapping():
            return {
                masked_text(str(key)): MASK if is_secret(str(key)) else masked(item)
                for key, item in value.items()
            }
        case list() | tuple() | AbstractSet():
            return [masked(item) for item in value]
        case _:
            return masked_text(str(value))


def masked_text(text: str) -> str:
    """A text without secrets that follow their name, tokens, addresses of e-mail, and numbers.

    Numbers are those of cards and the six digits of e-mailed codes.
    """
    if "=" in text or ":" in text:
        text = _NAMED_SECRET.sub(rf"\1\2{MASK}", text)
    if " " in text or "eyJ" in text:
        text = _TOKEN.sub(MASK, text)
    if "@" in text:
        text = _LOGIN_OR_EMAIL.sub(MASK, text)
    return _UUID_OR_NUMBER.sub(_uuid_or_mask, text)


@lru_cache(maxsize=1024)
def is_secret(name: str) -> bool:
    """Whether what has this name is secret; the same names come in every line."""
    return _SECRET_NAME.search(name) is not None


def _uuid_or_mask(found: "re.Match[str]") -> str:
    return found[1] or MASK
