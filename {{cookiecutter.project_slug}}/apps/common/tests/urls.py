"""A few views that misbehave on purpose, for the tests of what surrounds every view."""

from typing import Any

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.urls import path
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.common.context import bind_actor
from apps.common.errors import Conflict
from apps.common.idempotency import idempotent
from apps.common.models import OutboxEvent
from apps.common.throttling import limit


class Public(APIView):
    permission_classes = (AllowAny,)
    authentication_classes = ()


class LineSerializer(serializers.Serializer[Any]):
    size = serializers.IntegerField()


class FormSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    lines = LineSerializer(many=True)

    def validate(self, form: dict[str, Any]) -> dict[str, Any]:
        if form["name"] == "nobody":
            raise serializers.ValidationError("That is not a name.")
        return form


class CounterView(Public):
    """Counts its own runs in the outbox table."""

    @idempotent
    def post(self, request: Request) -> Response:
        OutboxEvent.objects.create(name="Run", aggregate="counter", payload={})
        if "fail" in request.data:
            raise Conflict("As asked for.")
        return Response({"runs": OutboxEvent.objects.count()}, status=201)


class FormView(Public):
    def post(self, request: Request) -> Response:
        FormSerializer(data=request.data).is_valid(raise_exception=True)
        return Response()


class DatabaseDownView(Public):
    def get(self, request: Request) -> Response:
        raise OperationalError("connection refused")


class DefectView(Public):
    def get(self, request: Request) -> Response:
        raise ZeroDivisionError


class LimitedView(Public):
    throttle_classes = (limit("login"),)

    def get(self, request: Request) -> Response:
        return Response()


class MembersView(APIView):
    def get(self, request: Request) -> Response:
        return Response()


def actor(request: HttpRequest) -> HttpResponse:
    bind_actor("somebody")
    return HttpResponse()


urlpatterns = [
    path("api/counter/", CounterView.as_view()),
    path("api/form/", FormView.as_view()),
    path("api/down/", DatabaseDownView.as_view()),
    path("api/defect/", DefectView.as_view()),
    path("api/limited/", LimitedView.as_view()),
    path("api/members/", MembersView.as_view()),
    path("actor/", actor),
]

handler404 = "apps.common.problems.not_found"
handler500 = "apps.common.problems.server_error"
