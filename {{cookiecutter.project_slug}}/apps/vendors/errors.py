"""What can go wrong with a vendor profile."""

from apps.common.errors import Conflict, NotFound


class VendorExists(Conflict):
    """The user sells under another profile already."""

    code = "vendor-exists"
    title = "You already have a vendor profile"


class VendorProfileMissing(NotFound):
    """The user has yet to create a profile to sell under."""

    code = "vendor-profile-missing"
    title = "Create your vendor profile first"
