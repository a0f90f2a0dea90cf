"""No operation of version 2 waits for the database twice, where once or `parallel` would do."""

import ast
from inspect import iscoroutinefunction
from pathlib import Path

import pytest
from django.db.models import Model, QuerySet

from config.environment import BASE_DIR

VISITS = {"as_caller", "on_thread", "once_as_caller", "sync_to_async"} | {
    name
    for kind in (Model, QuerySet)
    for name in dir(kind)
    if iscoroutinefunction(getattr(kind, name))
}
MODULES = sorted((BASE_DIR / "apps").glob("*/apis/async_ninja.py"))


def repeated_visits(source: str) -> list[str]:
    """The coroutine functions that ask the database more than once; `parallel` asks for many."""
    return [
        function.name
        for function in ast.walk(ast.parse(source))
        if isinstance(function, ast.AsyncFunctionDef)
        and sum(map(_is_visit, ast.walk(function))) > 1
    ]


def _is_visit(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return name in VISITS
        case ast.AsyncFor() | ast.comprehension(is_async=1):
            return True
        case _:
            return False


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.parts[-3])
def test_an_operation_visits_the_database_once(module: Path) -> None:
    assert repeated_visits(module.read_text("utf-8")) == []


@pytest.mark.parametrize(
    "body",
    [
        "return await on_thread(first), await on_thread(second)",
        "user = await as_caller(request, identify); return await user.orders.acount()",
        "return await gather(Order.objects.acount(), Product.objects.acount())",
        "await sync_to_async(first)(); await sync_to_async(second)()",
        "order = await Order.objects.aget(); return [item async for item in order.items.all()]",
    ],
)
def test_a_second_visit_is_noticed(body: str) -> None:
    assert repeated_visits(f"async def operation(request): {body}") == ["operation"]


def test_reads_at_the_same_time_are_no_second_visit() -> None:
    body = "user = await as_caller(request, identify); return await parallel(first, second)"
    assert repeated_visits(f"async def operation(request): {body}") == []
