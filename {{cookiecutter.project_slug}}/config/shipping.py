"""Whether log lines go to Logstash as well."""

from collections.abc import Sequence

from pydantic import Field, FilePath
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
    app_logstash_ca: FilePath | None = Field(
        default=None,
        description="certificate of who has signed Logstash's; those that the system trusts when empty",
    )


def handler(stream: Stream, processors: Sequence[Processor]) -> LineHandler:
    """What writes lines to a stream, and ships them if `APP_LOGSTASH_URL` says where.

    Raises:
        ImproperlyConfigured: It says so in a wrong way.
    """
    variables = read(_Variables)
    if url := variables.app_logstash_url:
        connection = Connection(url, authority=variables.app_logstash_ca)
        stream = ShippedStream(stream, Shipper(connection))
    return LineHandler(stream, processors)
