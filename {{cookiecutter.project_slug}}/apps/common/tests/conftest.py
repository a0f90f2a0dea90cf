"""What tests of no domain share."""

import pytest
from rest_framework.test import APIClient


@pytest.fixture
def api() -> APIClient:
    """A client of no version: addresses are whole ones."""
    return APIClient()
