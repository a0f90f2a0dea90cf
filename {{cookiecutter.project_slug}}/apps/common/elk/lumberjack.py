"""Lumberjack, the protocol that Beats speak to Logstash: what has arrived is acknowledged.

Version 2 as in https://github.com/elastic/go-lumber: a window frame tells how many lines follow, a
frame of JSON holds one, with its number, and an acknowledgement has the number of the last one that
Logstash has taken over.
"""

import socket
import ssl
import struct
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

CONNECT_TIMEOUT = 5.0  # seconds
ACKNOWLEDGE_TIMEOUT = 30.0
"""Seconds without a sign of Logstash, which repeats old acknowledgements while it is busy."""

_WINDOW = struct.Struct(">2sI")
_LINE = struct.Struct(">2sII")
_ACKNOWLEDGEMENT = struct.Struct(">2sI")


class Connection:
    """Brings lines to Logstash, over a connection that is made when it is needed.

    Args:
        url: `tcp://host:port` or `tls://host:port`; the certificate is verified.
        authority: Certificate of who has signed it; else it is one that the system trusts.
    """

    def __init__(self, url: str, *, authority: Path | None = None) -> None:
        parts = urlsplit(url)
        self._address = str(parts.hostname), int(parts.port or 0)
        self._tls = ssl.create_default_context(cafile=authority) if parts.scheme == "tls" else None
        self._socket: socket.socket | None = None

    def send(self, lines: Sequence[bytes]) -> None:
        """Send JSON documents, and wait until Logstash has them.

        Raises:
            OSError: It may not have them.
        """
        if self._socket is not None:
            try:
                return self._exchange(self._socket, lines)
            except OSError:
                self.close()  # Logstash hangs up when it has heard nothing for a while.
        self._socket = self._connect()
        try:
            self._exchange(self._socket, lines)
        except OSError:
            self.close()
            raise

    def close(self) -> None:
        """Hang up."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _connect(self) -> socket.socket:
        plain = socket.create_connection(self._address, CONNECT_TIMEOUT)
        if self._tls is None:
            return plain
        try:
            return self._tls.wrap_socket(plain, server_hostname=self._address[0])
        except OSError:
            plain.close()
            raise

    @staticmethod
    def _exchange(connection: socket.socket, lines: Sequence[bytes]) -> None:
        connection.settimeout(ACKNOWLEDGE_TIMEOUT)
        frames = [_WINDOW.pack(b"2W", len(lines))]
        for number, line in enumerate(lines, 1):
            frames += _LINE.pack(b"2J", number, len(line)), line
        connection.sendall(b"".join(frames))
        acknowledged = 0
        while acknowledged < len(lines):
            kind, acknowledged = _ACKNOWLEDGEMENT.unpack(_read(connection, _ACKNOWLEDGEMENT.size))
            if kind != b"2A":
                raise ConnectionError(f"{kind!r} is no acknowledgement")


def _read(connection: socket.socket, size: int) -> bytes:
    """Read as many bytes.

    Raises:
        ConnectionError: There are fewer.
    """
    found = b""
    while len(found) < size:
        part = connection.recv(size - len(found))
        if not part:
            raise ConnectionError("Logstash has hung up")
        found += part
    return found
