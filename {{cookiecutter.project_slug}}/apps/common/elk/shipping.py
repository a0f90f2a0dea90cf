"""Log lines on their way to Logstash, for which nobody waits.

Lines wait in memory for a thread that sends them. When Logstash is away they are kept as long as
there is room; what finds none is counted, and told of once Logstash is back. Standard output has
every line in any case.
"""

import atexit
import os
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from itertools import islice
from threading import Event, RLock, Thread
from typing import Protocol

import structlog
from prometheus_client import Counter

from apps.common.log_handlers import Stream

CAPACITY = 8 * 1024 * 1024  # bytes of lines that wait
BATCH = 500  # lines that are sent together
INTERVAL = 0.5  # seconds in which lines gather
LONGEST_PAUSE = 30.0  # seconds between attempts to reach Logstash
GOODBYE = 2.0  # seconds that a process which ends gives Logstash

SHIPPED = Counter("logs_shipped", "Log lines that Logstash has taken over.")
DROPPED = Counter("logs_dropped", "Log lines that Logstash will not get.")

log = structlog.stdlib.get_logger(__name__)


class Destination(Protocol):
    """Who is to have the lines."""

    def send(self, lines: Sequence[bytes]) -> None:
        """Bring lines there.

        Raises:
            OSError: They may not have arrived.
        """

    def close(self) -> None:
        """Need nothing any more, for the time being."""


class Shipper:
    """Keeps lines until they have been delivered, in one thread of each process.

    Args:
        destination: Who is to have them.
        capacity: How many bytes may wait.
        interval: Seconds in which lines gather.
    """

    _thread: Thread | None

    def __init__(
        self, destination: Destination, *, capacity: int = CAPACITY, interval: float = INTERVAL
    ) -> None:
        self._destination = destination
        self._capacity = capacity
        self._interval = interval
        self._begin()
        os.register_at_fork(after_in_child=self._begin)
        atexit.register(self.stop)

    def offer(self, line: str) -> None:
        """Take a line, if there is room."""
        data = line.encode()
        with self._lock:
            if self._size + len(data) > self._capacity:
                self._dropped += 1
                DROPPED.inc()
                return
            self._lines.append(data)
            self._size += len(data)
            if self._thread is None:
                self._thread = Thread(target=self._run, name="logstash", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """Deliver what is left, if that is possible soon."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(GOODBYE)
        atexit.unregister(self.stop)
        if lost := len(self._lines):
            DROPPED.inc(lost)
            log.warning("logs not shipped", lines=lost)

    def _begin(self) -> None:
        """Have no line and no thread: what a process inherits, its parent delivers."""
        self._destination.close()
        self._lock = RLock()  # The collector of garbage may log, wherever it sets in.
        self._lines: deque[bytes] = deque()
        self._size = self._dropped = 0
        self._stopping = Event()
        self._thread = None

    def _run(self) -> None:
        pause, failures = self._interval, 0
        while not self._stopping.wait(pause):
            try:
                self._deliver()
                pause, failures = self._interval, 0
            except OSError as error:
                if not failures:
                    log.warning("logstash unavailable", error=f"{type(error).__name__}: {error}")
                failures += 1
                pause = min(self._interval * 2**failures, LONGEST_PAUSE)
        with suppress(OSError):
            self._deliver()
        self._destination.close()

    def _deliver(self) -> None:
        """Deliver all that waits.

        Raises:
            OSError: What still waits may not have arrived.
        """
        while batch := self._next():
            self._destination.send(batch)
            SHIPPED.inc(len(batch))
            with self._lock:
                for line in batch:
                    self._lines.popleft()
                    self._size -= len(line)
                dropped, self._dropped = self._dropped, 0
            if dropped:
                log.warning("logs dropped", lines=dropped)

    def _next(self) -> list[bytes]:
        with self._lock:
            return list(islice(self._lines, BATCH))


class ShippedStream:
    """Writes lines to a stream, and ships them.

    Args:
        stream: Where they are written.
        shipper: What brings them to Logstash.
    """

    def __init__(self, stream: Stream, shipper: Shipper) -> None:
        self._stream = stream
        self._shipper = shipper

    def write(self, text: str, /) -> None:
        """Take a line, with its end."""
        self._stream.write(text)
        self._shipper.offer(text.rstrip("\n"))

    def flush(self) -> None:
        """Let whoever reads it have what was written."""
        self._stream.flush()
