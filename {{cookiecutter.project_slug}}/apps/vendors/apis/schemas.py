"""What vendor profiles look like in version 2, which is what they look like in version 1."""

from typing import Annotated
from uuid import UUID

from ninja import Field, Schema

from apps.common.async_ninja.schemas import Input, Instant, Line, Text

Name = Annotated[Line, Field(max_length=120)]


class VendorSchema(Schema):
    """A vendor as customers see it."""

    id: UUID = Field(alias="public_id")
    name: str
    slug: str
    description: str
    created_at: Instant


class VendorInput(Input):
    """What a vendor says about itself."""

    name: Name
    description: Annotated[Text, Field(max_length=5000)] = ""


class VendorChanges(VendorInput):
    """What changes about a vendor; what is not given stays as it is."""

    name: Name = ""
