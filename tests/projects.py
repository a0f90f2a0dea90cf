"""The projects that the tests look at: every combination of the toggles, and all other answers.

The other answers are as long and as strange as they may be; each choice is in one project at least,
except for a Python that few machines have.
"""

import itertools

from tests.rendering import Answers, answers

TOGGLES = [field for field, value in answers().items() if isinstance(value, bool)]

OTHER = {
    "project_name": "O'Reilly & Söhne <shop> 👩\u200d💻 №1 {maße} 100 % $HOME `ls` \u2019\u2013 яя",
    "project_slug": "s" * 40,
    "description": "'''Fifty% off; #1 in «Łódź» & <b>more</b>, \u200d" + "d" * 156,
    "author_name": "Zoë <zoë's> O'Brien-Ünal Jr. & Co. " + "z" * 45,
    "author_email": "zoe+shop.o'brien-" + "z" * 62 + "@mail.example.com",
    "domain_name": "xn--mnchen-3ya." + "sub-domain." * 7 + "co.uk",
    "open_source_license": "LicenseRef-Proprietary",
    "python_version": "3.12",
    "django_version": "6.1",
    "postgresql_version": "15",
    "object_storage": "gcs",
}


# What is left to choose, beside the defaults.
CHOICES = [
    {"open_source_license": "BSD-3-Clause", "postgresql_version": "18"},
    {"open_source_license": "Apache-2.0", "postgresql_version": "16"},
    {"postgresql_version": "14"},
]


def combinations() -> dict[str, Answers]:
    """Name the answers of every combination of the toggles by what is off."""
    projects = {}
    for values in itertools.product([True, False], repeat=len(TOGGLES)):
        toggles = dict(zip(TOGGLES, values, strict=True))
        off = [toggle.removeprefix("use_") for toggle, on in toggles.items() if not on]
        projects[f"without {' '.join(off)}" if off else "default"] = answers(**toggles)
    return projects


PROJECTS = {
    **combinations(),
    "other": answers(**OTHER),
    **{f"with {' '.join(given.values())}": answers(**given) for given in CHOICES},
}
