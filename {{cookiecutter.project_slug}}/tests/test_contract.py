"""Every version of the API keeps the promises of its OpenAPI document, whatever it is sent."""

from typing import Any

import hypothesis
import pytest
import schemathesis
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from hypothesis import HealthCheck
from schemathesis import Case
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from apps.authentication import tokens
from apps.authentication.models import User
from apps.products.models import Product

EXAMPLES = 20


def document(version: str) -> BaseSchema:
    address = f"/api/{version}/schema/?format=json"
    return schemathesis.openapi.from_wsgi(address, get_wsgi_application())


@pytest.fixture
def staff(staff_user: User) -> dict[str, str]:
    """The headers of somebody who may do everything."""
    return {"Authorization": f"Bearer {tokens.issue(staff_user).access}"}


@hypothesis.settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
@pytest.mark.django_db(transaction=True)
def answers_as_documented(case: Case[Any], staff: dict[str, str], products: list[Product]) -> None:
    case.call_and_validate(
        headers=staff,
        # A schema cannot say that a code is wrong or a product sold out, and numbers are read where
        # strings are expected, or the other way round.
        excluded_checks=[positive_data_acceptance, negative_data_rejection],
    )


# A test for each document: the decorator takes one.
globals().update(
    {
        f"test_{version}_answers_as_documented": document(version).parametrize()(
            answers_as_documented
        )
        for version in settings.API_VERSIONS
    }
)
