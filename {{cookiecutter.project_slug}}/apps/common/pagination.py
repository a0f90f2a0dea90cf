"""Pages that stay right while rows come and go."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from rest_framework import exceptions, pagination
from rest_framework.fields import IntegerField
from rest_framework.request import Request
from rest_framework.views import APIView


class CursorPagination(pagination.CursorPagination):
    """Newest first unless the view orders otherwise; 20 a page, 100 at most."""

    page_size = 20
    max_page_size = 100
    page_size_query_param = "page_size"
    # Time-ordered like the numeric key, and, unlike it, fit to appear in a cursor.
    ordering = "-public_id"

    def get_page_size(self, request: Request) -> int:
        """The number of rows asked for, or the default.

        Raises:
            ValidationError: It is not a whole number within the limits.
        """
        asked = request.query_params.get(self.page_size_query_param)
        if asked is None:
            return self.page_size
        try:
            return IntegerField(min_value=1, max_value=self.max_page_size).run_validation(asked)
        except exceptions.ValidationError as error:
            raise exceptions.ValidationError({self.page_size_query_param: error.detail}) from error

    def paginate_queryset[M: Model, Row](
        self,
        queryset: QuerySet[M, Row] | Sequence[Row],
        request: Request,
        view: APIView | None = None,
    ) -> list[Row] | None:
        """One page.

        Raises:
            NotFound: The cursor is forged or belongs to another ordering.
        """
        try:
            return super().paginate_queryset(queryset, request, view)
        except (ValidationError, ValueError, OverflowError) as error:
            raise exceptions.NotFound(self.invalid_cursor_message) from error

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """The page's schema; every member is always there."""
        paginated = super().get_paginated_response_schema(schema)
        return {**paginated, "required": ["next", "previous", "results"]}
