"""Which errors say that the database does not answer."""

from collections.abc import Iterator
from socketserver import StreamRequestHandler, TCPServer
from struct import pack, unpack
from threading import Thread

import psycopg
import pytest
from django.db import Error, IntegrityError, InterfaceError, InternalError, OperationalError
from django.db.utils import ConnectionHandler

from apps.common.outages import is_outage


class EndingServer(StreamRequestHandler):
    """Speaks PostgreSQL's protocol and says yes to everything; it ends once it has committed.

    The messages: https://www.postgresql.org/docs/current/protocol-message-formats.html.
    """

    timeout = 60  # seconds that it waits for a client

    def handle(self) -> None:
        self._receive()
        self._send(b"R", pack("!I", 0))
        self._send(b"S", b"server_version\0" + b"17.0\0")
        self._send(b"S", b"TimeZone\0" + b"UTC\0")
        self._send(b"Z", b"I")
        while kind := self.rfile.read(1):
            assert kind == b"Q"
            statement = self._receive()
            self._send(b"C", statement)
            if statement == b"COMMIT\0":
                self._send(b"E", b"SFATAL\0" + b"C57P01\0" + b"Mthe server shuts down\0\0")
                return
            self._send(b"Z", b"T")

    def _receive(self) -> bytes:
        (length,) = unpack("!I", self.rfile.read(4))
        return self.rfile.read(length - 4)

    def _send(self, kind: bytes, body: bytes) -> None:
        self.wfile.write(kind + pack("!I", 4 + len(body)) + body)


@pytest.fixture
def port() -> Iterator[int]:
    """Where it listens."""
    with TCPServer(("127.0.0.1", 0), EndingServer) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


@pytest.mark.django_db
def test_a_server_that_ends_once_it_has_committed_is_an_outage(port: int) -> None:
    settings = {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": "127.0.0.1",
        "PORT": port,
        "NAME": "anything",
        "USER": "anybody",
        "OPTIONS": {"sslmode": "disable"},
    }
    database = ConnectionHandler({"default": settings})["default"]
    database.connect()
    database.set_autocommit(False)
    database.cursor().execute("UPDATE")
    with pytest.raises(Error) as caught:
        database.commit()
    database.close()
    assert is_outage(caught.value)


def test_a_lost_connection_is_an_outage() -> None:
    assert is_outage(OperationalError("server closed the connection unexpectedly"))
    assert is_outage(InterfaceError("connection already closed"))


def test_what_the_server_refuses_is_none() -> None:
    refusal = InternalError("could not open relation")
    refusal.__cause__ = psycopg.errors.InternalError_("could not open relation")
    assert not is_outage(refusal)
    assert not is_outage(IntegrityError("duplicate key"))


def test_what_no_server_has_said_is_none() -> None:
    assert not is_outage(InternalError("of SQLite"))
    assert not is_outage(ValueError())
