"""Where Redis is: what `REDIS_URL` says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import parse_qsl, unquote, urlsplit

TLS_OPTIONS = frozenset({"ssl_ca_certs", "ssl_certfile", "ssl_keyfile"})
"""Paths that a URL with TLS may give in its query."""


@dataclass(frozen=True)
class Address:
    """A Redis URL, taken apart.

    Args:
        topology: What the scheme names after its plus, else `standalone`.
        is_encrypted: Whether connections use TLS.
        hosts: Names and ports, at least one.
        path: What stands after the hosts, without its slash.
        credentials: User and password, as far as they are given.
        tls: Those of `TLS_OPTIONS` that are given.
    """

    topology: str
    is_encrypted: bool
    hosts: tuple[tuple[str, int], ...]
    path: str = ""
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)
    tls: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, url: str) -> Self:
        """Take a URL apart.

        Raises:
            ValueError: It has not the form of one; the message quotes nothing of it.
        """
        parts = urlsplit(url)
        transport, *kind = parts.scheme.split("+", 1)
        sign_in, _, hosts = parts.netloc.rpartition("@")
        user, _, password = sign_in.partition(":")
        given = {"username": unquote(user), "password": unquote(password)}
        tls = dict(parse_qsl(parts.query, keep_blank_values=True))
        if not tls.keys() <= TLS_OPTIONS or (tls and transport != "rediss"):
            raise ValueError(f"its query may hold {', '.join(sorted(TLS_OPTIONS))}, after rediss")
        default_port = 26379 if kind == ["sentinel"] else 6379
        return cls(
            topology=kind[0] if kind else "standalone",
            is_encrypted=transport == "rediss",
            hosts=tuple(_host(host, default_port) for host in hosts.split(",")),
            path=unquote(parts.path.removeprefix("/")),
            credentials={name: value for name, value in given.items() if value},
            tls=tls,
        )


def _host(text: str, default_port: int) -> tuple[str, int]:
    parts = urlsplit(f"//{text}")
    try:
        port = parts.port or default_port
    except ValueError:
        raise ValueError("give each port as a number below 65536") from None
    if not parts.hostname:
        raise ValueError("name a host, or several with commas between them")
    return parts.hostname, port
