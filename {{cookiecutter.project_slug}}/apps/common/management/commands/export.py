"""`manage.py export`: all data as JSON Lines, as it was at one moment, for `manage.py loaddata`."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core import serializers
from django.core.management.base import CommandParser
from django.core.management.commands import dumpdata
from django.db import connections, transaction

# What migrations create anew, and what is of no use in another database.
LEFT_OUT = ["auth.permission", "contenttypes", "django_database_task", "sessions"]


class Command(dumpdata.Command):
    """`dumpdata` of everything that is worth keeping, with other defaults, from one snapshot."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Those of `dumpdata`."""
        super().add_arguments(parser)
        parser.set_defaults(
            exclude=LEFT_OUT, format="jsonl", use_base_manager=True, use_natural_foreign_keys=True
        )

    def handle(self, *app_labels: str, **options: Any) -> None:
        """Write to standard output, or into the file of `--output`."""
        serializers.register_serializer("jsonl", "apps.common.exports")
        with snapshot(options["database"]):
            super().handle(*app_labels, **options)


@contextmanager
def snapshot(database: str) -> Iterator[None]:
    """Let a block read one state of a database, for as long as it takes."""
    connection = connections[database]
    settings = connection.settings_dict
    without_cursors = settings.get("DISABLE_SERVER_SIDE_CURSORS", False)
    with transaction.atomic(using=database):
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                cursor.execute("SET LOCAL statement_timeout = 0")
                cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            # A pooler gives nobody else the session meanwhile: rows may come by and by.
            settings["DISABLE_SERVER_SIDE_CURSORS"] = False
        try:
            yield
        finally:
            settings["DISABLE_SERVER_SIDE_CURSORS"] = without_cursors
