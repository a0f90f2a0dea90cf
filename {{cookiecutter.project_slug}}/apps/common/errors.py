"""What can go wrong, in the terms of the domain; each becomes one RFC 9457 problem document."""

from typing import ClassVar

type Extension = str | int | float | bool | list[Extension] | dict[str, Extension] | None


class ApplicationError(Exception):
    """The root of every error that a caller can act upon.

    Args:
        detail: What happened this time, for a person; the title when empty.
        extensions: Further members of the problem document.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal-error"
    title: ClassVar[str] = "Internal error"

    def __init__(self, detail: str = "", **extensions: Extension) -> None:
        self.detail = detail or self.title
        self.extensions = extensions
        super().__init__(self.detail)


class InvalidInput(ApplicationError):
    """The request is malformed."""

    status = 400
    code = "invalid-input"
    title = "Invalid input"


class NotAuthenticated(ApplicationError):
    """The caller is unknown."""

    status = 401
    code = "not-authenticated"
    title = "Authentication is required"


class Forbidden(ApplicationError):
    """The caller is known and may not do this."""

    status = 403
    code = "forbidden"
    title = "Not allowed"


class NotFound(ApplicationError):
    """There is no such thing, or the caller may not know of it."""

    status = 404
    code = "not-found"
    title = "Not found"


class MethodNotAllowed(ApplicationError):
    """The thing is there and does not take this verb."""

    status = 405
    code = "method-not-allowed"
    title = "Method not allowed"


class NotAcceptable(ApplicationError):
    """The answer does not come in the format asked for."""

    status = 406
    code = "not-acceptable"
    title = "Not acceptable"


class Conflict(ApplicationError):
    """The present state does not admit this."""

    status = 409
    code = "conflict"
    title = "Conflict"


class UnsupportedMediaType(ApplicationError):
    """The body is in a format that is not read here."""

    status = 415
    code = "unsupported-media-type"
    title = "Unsupported media type"


class UnprocessableInput(ApplicationError):
    """The request is well formed and contradicts what is known."""

    status = 422
    code = "unprocessable-input"
    title = "Unprocessable input"


class RateLimited(ApplicationError):
    """The caller asks too often."""

    status = 429
    code = "rate-limited"
    title = "Too many requests"


class ServiceUnavailable(ApplicationError):
    """Something this needs is down; the same request may succeed later."""

    status = 503
    code = "service-unavailable"
    title = "Service unavailable"
