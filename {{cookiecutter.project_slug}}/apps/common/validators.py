"""Validators that several domains share."""

from django.core.validators import RegexValidator

# A line break in a name would start a header of its own in an e-mail.
one_line = RegexValidator(r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*\Z", "Enter a name on one line.")
