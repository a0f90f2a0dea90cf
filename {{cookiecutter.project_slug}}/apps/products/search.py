"""Full-text search: what is searched, under which index, and by which query.

PostgreSQL keeps the words of a document, weighted, in a `tsvector` under a GIN index. Elsewhere the
text itself is kept, and all of it is read, which serves for development. ADR 7 says why so.
"""

import string
from collections.abc import Collection, Sequence
from typing import Any

from django.core.checks import CheckMessage
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.backends.ddl_references import Statement
from django.db.models import (
    BooleanField,
    Func,
    GeneratedField,
    Index,
    IntegerField,
    Model,
    TextField,
    Value,
)
from django.db.models.sql.compiler import SQLCompiler

LANGUAGE = "english"
"""What customers search in, by the name that PostgreSQL has for its stems."""

# Left to itself, PostgreSQL takes "wool/silk" for the name of a file, and finds no silk.
SEPARATORS = string.punctuation
SPACES = " " * len(SEPARATORS)


def search_words(query: str) -> list[str]:
    """What a customer looks for; nothing when there is no more than spaces and punctuation."""
    return query.translate(str.maketrans(SEPARATORS, SPACES)).split()


class SearchDocument(Func):
    """Several columns as one text, on PostgreSQL as its words.

    The words are stored as they are written: it is the query that knows of a language.

    Args:
        columns: Their names; none of them may be null.
        weights: A letter for each column, from A, where a match counts most, to D.
    """

    template = "%(expressions)s"
    arg_joiner = " || ' ' || "

    def __init__(self, *columns: Any, weights: str) -> None:
        super().__init__(*columns)
        self.weights = weights

    def as_postgresql(
        self, compiler: SQLCompiler, _connection: BaseDatabaseWrapper
    ) -> tuple[str, tuple[Any, ...]]:
        """The columns as one `tsvector`."""
        vectors: list[str] = []
        params: list[Any] = []
        for column, weight in zip(self.get_source_expressions(), self.weights, strict=True):
            sql, values = compiler.compile(column)
            words = f"to_tsvector('simple', translate({sql}, %s, %s))"
            vectors.append(f"setweight({words}, '{weight}')")
            params += [*values, SEPARATORS, SPACES]
        return " || ".join(vectors), tuple(params)


class SearchField(TextField[str, str]):
    """The column that a `SearchDocument` is stored in."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str | None:
        """PostgreSQL's type for words; text elsewhere."""
        return "tsvector" if connection.vendor == "postgresql" else super().db_type(connection)


class SearchColumn(GeneratedField):
    """The column that a `SearchDocument` is generated into.

    Whatever database the settings admit can do so. Django 6.1 would rather ask each of them, and
    `manage.py check` would then need one that runs.
    """

    def _check_supported(self, _databases: Collection[str]) -> list[CheckMessage]:
        return []


class SearchIndex(Index):
    """Leads from words to the documents with them; elsewhere than on PostgreSQL it stays empty."""

    def create_sql(
        self,
        model: type[Model],
        schema_editor: BaseDatabaseSchemaEditor,
        using: str = "",
        **options: Any,
    ) -> Statement:
        """The statement that creates it."""
        if schema_editor.connection.vendor == "postgresql":
            return super().create_sql(model, schema_editor, using=" USING gin", **options)
        statement = super().create_sql(model, schema_editor, using, **options)
        statement.parts["condition"] = " WHERE 0"  # type: ignore[assignment]  # as Django does
        return statement


class SearchMatch(Func):
    """Whether a document meets a query (PostgreSQL)."""

    template = "%(expressions)s"
    arg_joiner = " @@ "
    output_field = BooleanField()


class SearchRank(Func):
    """How well a document meets a query, in millionths (PostgreSQL)."""

    template = "(ts_rank(%(expressions)s) * 1000000)::integer"
    output_field = IntegerField()


def search_query(words: Sequence[str]) -> Func:
    """Asks for documents that have every word (PostgreSQL).

    The beginning of a word will do, so "lin" finds "linen"; or the beginning of its stem, so "bags"
    finds "bag". A language has no stem for words like "the", and leaves them out beside others:
    then it is the words as they were typed that are found.
    """
    operands = Value(" & ".join(f"'{word}':*" for word in words))
    queries = (
        Func(operands, template=f"to_tsquery('{configuration}', %(expressions)s)")
        for configuration in ("simple", LANGUAGE)
    )
    return Func(*queries, template="(%(expressions)s)", arg_joiner=" || ", output_field=TextField())
