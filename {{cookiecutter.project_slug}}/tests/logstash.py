"""Something that Logstash could be taken for: it listens, and acknowledges what it has read."""

import json
import socket
import ssl
import struct
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Event, Thread
from typing import Any, Self

SIZE = struct.calcsize(">I")
PATIENCE = 30  # seconds


class Logstash:
    """Listens while a `with` block lasts.

    Args:
        port: Where; by default on one that is free.
        secrets: A folder with the certificate it shows; by default it speaks without TLS.

    Attributes:
        lines: What it has acknowledged, in that order.
        connections: Number of those that have been made.
        listens: Clear, it reads and leaves everybody waiting for its acknowledgement.
    """

    def __init__(self, port: int = 0, secrets: Path | None = None) -> None:
        self.lines: list[Any] = []
        self.connections = 0
        self.listens = Event()
        self.listens.set()
        self._open: list[socket.socket] = []
        self._server = _Server(("127.0.0.1", port), self)
        self.url = f"tcp://127.0.0.1:{self._server.server_address[1]}"
        if secrets:
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.load_cert_chain(secrets / "logstash.crt", secrets / "logstash.key")
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
            self.url = self.url.replace("tcp", "tls")

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self.listens.set()
        self.hang_up()
        self._server.server_close()

    def hang_up(self) -> None:
        """Close every connection."""
        while self._open:
            connection = self._open.pop()
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def serve(self, connection: socket.socket) -> None:
        """Read windows of lines and acknowledge each window."""
        self.connections += 1
        self._open.append(connection)
        with connection.makefile("rb") as frames:
            while frames.read(2) == b"2W":
                (count,) = struct.unpack(">I", frames.read(SIZE))
                window = []
                for expected in range(1, count + 1):
                    kind, number, size = struct.unpack(">2sII", frames.read(10))
                    assert (kind, number) == (b"2J", expected)
                    window.append(json.loads(frames.read(size)))
                # As Logstash does while it is busy.
                connection.sendall(struct.pack(">2sI", b"2A", 0))
                self.listens.wait(PATIENCE)
                connection.sendall(struct.pack(">2sI", b"2A", count))
                self.lines += window


class _Server(ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, address: tuple[str, int], logstash: Logstash) -> None:
        self.logstash = logstash
        super().__init__(address, _Handler)

    def handle_error(self, *_: object) -> None:
        """Clients may hang up as they please."""


class _Handler(BaseRequestHandler):
    server: _Server

    def handle(self) -> None:
        self.server.logstash.serve(self.request)
