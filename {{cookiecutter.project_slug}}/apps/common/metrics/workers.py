"""What a worker answers over HTTP: its figures to Prometheus, and how it is to the orchestrator."""

from collections.abc import Callable, Iterable
from threading import Thread
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from prometheus_client import make_wsgi_app
from prometheus_client.exposition import ThreadingWSGIServer

from apps.common.metrics.exposition import PATH, registry
from apps.common.worker import Worker

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as there
        """Say nothing: somebody asks every few seconds."""


def serve(worker: Worker, port: int) -> None:
    """Answer on a port, in threads that end with the process."""
    server = make_server("", port, application(worker), ThreadingWSGIServer, _Quiet)
    Thread(target=server.serve_forever, name="http", daemon=True).start()


def application(worker: Worker) -> "WSGIApplication":
    """What answers."""
    metrics: WSGIApplication = make_wsgi_app(registry())
    probes: dict[str, Callable[[], bool]] = {
        "/livez": lambda: worker.is_alive,
        "/readyz": lambda: worker.is_ready,
    }

    def answer(environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path == PATH:
            return metrics(environ, start)
        if path not in probes:
            status, body = "404 Not Found", b"not found"
        elif probes[path]():
            status, body = "200 OK", b"ok"
        else:
            status, body = "503 Service Unavailable", b"unavailable"
        start(status, [("Content-Type", "text/plain")])
        return [body]

    return answer
