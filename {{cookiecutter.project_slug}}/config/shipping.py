"""Whether log lines go to Logstash as well."""

from collections.abc import Sequence

from pydantic import Field
from structlog.typing import Processor

from apps.common.elk.lumberjack import Connection
from apps.common.elk.shipping import ShippedStream, Shipper
from apps.common.log_handlers import LineHandler, Stream
from config.environment import Variables, read


class _Variables(Variables):
    app_logstash_url: str | None = Field(
        default=None,
        pattern=r"^(tcp|tls)://[\w.-]+:\d+$",
        description="where Logstash listens to Beats, such as tls://logstash:5044; nowhere when empty",
    )


def handler(stream: Stream, processors: Sequence[Processor]) -> LineHandler:
    """What writes lines to a stream, and ships them if `APP_LOGSTASH_URL` says where.

    Raises:
        ImproperlyConfigured: It says so in a wrong way.
    """
    if url := read(_Variables).app_logstash_url:
        stream = ShippedStream(stream, Shipper(Connection(url)))
    return LineHandler(stream, processors)
