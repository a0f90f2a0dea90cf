"""How log lines are rendered and written."""

import logging
from collections.abc import Sequence
from typing import Any, Protocol, cast

import structlog
from structlog.typing import EventDict, Processor

from apps.common import logs


class Stream(Protocol):
    """What lines are written to."""

    def write(self, text: str, /) -> object:
        """Take a line, with its end."""

    def flush(self) -> None:
        """Let whoever reads it have what was written."""


class LineHandler(logging.StreamHandler[Stream]):
    """Writes lines to a stream, those of libraries as well as our own.

    Args:
        stream: Where to.
        processors: What becomes of a line in the end; the last one renders it.
    """

    def __init__(self, stream: Stream, processors: Sequence[Processor]) -> None:
        super().__init__(stream)
        self._processors = processors
        self.setFormatter(
            structlog.stdlib.ProcessorFormatter(
                foreign_pre_chain=[
                    structlog.stdlib.ExtraAdder(),
                    *logs.PROCESSORS,
                    logs.drop_colour,
                ],
                processors=[
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    *processors,
                ],
            )
        )

    def write(self, event: EventDict) -> None:
        """Write a line that comes without a record."""
        self.acquire()
        try:
            line: Any = event
            for process in self._processors:
                line = process(None, "", line)
            self.stream.write(f"{line}{self.terminator}")
            self.flush()
        except Exception:  # noqa: BLE001 - as every handler of the standard library
            self.handleError(logging.makeLogRecord({"msg": event}))
        finally:
            self.release()


class DirectLogger(logging.Logger):
    """What structlog hands those lines that every request leaves.

    They go straight to the handlers of the root logger: to make a record of each, and to take it
    there, takes the standard library longer than all the rest of it.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.parent = self.root

    def _log(self, level: int, msg: object, *_: Any, **__: Any) -> None:
        for handler in self.root.handlers:
            if isinstance(handler, LineHandler) and level >= handler.level:
                handler.write(cast("EventDict", msg))
