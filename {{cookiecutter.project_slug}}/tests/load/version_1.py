"""Customers of version 1 of the API."""

from tests.load.customer import Customer


class CustomerOfVersion1(Customer):
    """Somebody whose program speaks version 1."""

    version = "v1"
