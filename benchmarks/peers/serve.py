"""Serve an application as several Uvicorn processes: `python -m benchmarks.peers.serve APP PORT N`.

`uvicorn --workers` shares a socket on which asyncio leaves Nagle's algorithm on, and so answers
every request after a connection's first 40 ms late (https://github.com/Kludex/uvicorn/issues/3149).
A process by itself does not, and this does not either.
"""

import socket
import sys

from uvicorn import Config
from uvicorn.supervisors import Multiprocess


def main() -> None:
    """Serve until a signal comes."""
    application, port, workers = sys.argv[1:]
    config = Config(application, workers=int(workers), access_log=False, proxy_headers=False)
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", int(port)))
        Multiprocess(config, sockets=[listener]).run()


if __name__ == "__main__":
    main()
