"""Customers of version 2 of the API."""

from tests.load.customer import Customer


class CustomerOfVersion2(Customer):
    """Somebody whose program speaks version 2."""

    version = "v2"
