"""JSON Lines that lose nothing: Django's own cut times to milliseconds."""

from datetime import datetime, time

from django.core.serializers import jsonl
from django.core.serializers.json import DjangoJSONEncoder

Deserializer = jsonl.Deserializer


class Encoder(DjangoJSONEncoder):
    """Writes times to the microsecond."""

    def default(self, o: object) -> object:
        """Return what JSON has for a value."""
        return o.isoformat() if isinstance(o, datetime | time) else super().default(o)


class Serializer(jsonl.Serializer):
    """Writes one record a line."""

    def _init_options(self) -> None:
        super()._init_options()  # type: ignore[misc] # The stubs lack it.
        self.json_kwargs["cls"] = Encoder
