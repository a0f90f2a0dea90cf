"""Refuse answers that cannot become a working project: all at once, each with its remedy.

Cookiecutter runs this before it renders a file; a non-zero status makes it remove the new folder.
"""

import json
import keyword
import re
import sys

# Cookiecutter checks choices given in a prompt or on the command line, but not in a replay file.
CHOICES = {
    "open_source_license": ("MIT", "BSD-3-Clause", "Apache-2.0", "LicenseRef-Proprietary"),
    "python_version": ("3.13", "3.12", "3.14"),
    "django_version": ("6.0", "6.1"),
    "postgresql_version": ("17", "18", "16", "15", "14"),
    "object_storage": ("s3", "gcs"),
}
MAX_LENGTH = {
    "project_name": 60,
    "project_slug": 40,
    "description": 200,
    "author_name": 80,
    "author_email": 100,
    "domain_name": 100,
}

# The slug names the project's folder and, with hyphens, its distribution. It may not be the name
# of a folder in the project, of what the project depends on, or of a device on Windows.
RESERVED = frozenset(
    """
    apps config conftest docs infra manage scripts static templates tests
    argon2 argon2_cffi corsheaders crontask django django_cors_headers django_crontask
    django_database_task django_filter django_filter_stubs django_filters django_ninja
    django_storages django_stubs django_stubs_ext djangorestframework djangorestframework_stubs
    drf_spectacular drf_spectacular_sidecar hiredis httptools httpx hypothesis import_linter
    importlinter jwt limits locust model_bakery mypy ninja opentelemetry
    opentelemetry_exporter_otlp_proto_http opentelemetry_sdk orjson pip prek prometheus_client
    psycopg psycopg_pool pydantic pydantic_settings pyjwt pytest pytest_asyncio pytest_cov
    pytest_django pytest_xdist redis rest_framework ruff schemathesis servestatic setuptools
    storages structlog time_machine uv uvicorn uvloop whitenoise zdm
    aux con nul prn com1 com2 com3 com4 com5 com6 com7 com8 com9
    lpt1 lpt2 lpt3 lpt4 lpt5 lpt6 lpt7 lpt8 lpt9
    """.split()
)

SLUG = re.compile(r"[a-z](?:[a-z0-9_]*[a-z0-9])?")
LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
DOMAIN = re.compile(rf"(?:{LABEL}\.)+(?!\d+$){LABEL}")
EMAIL = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]+@" + DOMAIN.pattern, re.IGNORECASE)
TEMPLATE_SYNTAX = re.compile(r"\{[#%{]")
# Control characters, line separators, marks that reverse the reading order, lone surrogates.
INVISIBLE = re.compile(r"[\0-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def find_problems(answers: dict[str, object]) -> list[tuple[str, object, str]]:
    """List every bad answer as (field, value, remedy), in the order of the questions."""
    toggles = [field for field in answers if field.startswith("use_")]
    problems = [
        (field, answers[field], remedy)
        for field in (*MAX_LENGTH, *CHOICES, *toggles)
        if (remedy := remedy_for(field, answers[field]))
    ]
    if answers["django_version"] == "6.1" and answers["postgresql_version"] == "14":
        problems.append(("postgresql_version", "14", "choose 15 or later for Django 6.1"))
    return problems


def remedy_for(field: str, value: object) -> str | None:
    """Say what to answer instead of a bad value, or `None` when the value is good."""
    if field in CHOICES:
        return None if value in CHOICES[field] else f"choose one of {', '.join(CHOICES[field])}"
    if field not in MAX_LENGTH:
        return None if isinstance(value, bool) else "answer yes or no"
    text = str(value)
    return check_text(text, MAX_LENGTH[field]) or CHECKS[field](text)


def check_text(text: str, longest: int) -> str | None:
    """Allow what may stand between double quotes in Python, TOML and YAML alike."""
    if len(text) > longest:
        return f"shorten it from {len(text)} to {longest} characters or fewer"
    if INVISIBLE.search(text):
        return "remove line breaks and other invisible characters"
    if '"' in text or "\\" in text:
        return "remove double quotes and backslashes; single quotes are fine"
    if TEMPLATE_SYNTAX.search(text):
        return "put no brace, % or # right after an opening brace"
    return None


def check_name(name: str) -> str | None:
    """Allow whatever a person can read."""
    return None if any(map(str.isalnum, name)) else "use at least one letter or digit"


def check_slug(slug: str) -> str | None:
    """Allow identifiers that mean nothing else to Python or to the project."""
    if not SLUG.fullmatch(slug):
        return "use a-z, 0-9 and _; begin with a letter and do not end with _"
    if keyword.iskeyword(slug):
        return f"{slug} is a Python keyword; try {slug}_shop"
    if slug in sys.stdlib_module_names:
        return f"{slug} is a module of the standard library; try {slug}_shop"
    if slug in RESERVED:
        return f"the project uses {slug} for something else; try {slug}_shop"
    return None


def check_email(email: str) -> str | None:
    """Allow the addresses that browsers allow."""
    return None if EMAIL.fullmatch(email) else "write it as name@example.com"


def check_domain(domain: str) -> str | None:
    """Allow host names of two or more labels."""
    if DOMAIN.fullmatch(domain):
        return None
    return "write it as shop.example.com: lowercase, no https://, port or path, xn-- for umlauts"


CHECKS = {
    "project_name": check_name,
    "project_slug": check_slug,
    "description": check_name,
    "author_name": check_name,
    "author_email": check_email,
    "domain_name": check_domain,
}


def main() -> None:
    """Name everything that is wrong with the answers and exit with status 1, or say nothing."""
    problems = find_problems(json.loads(r"""{{ cookiecutter | tojson }}"""))
    if not problems:
        return
    width = max(len(field) for field, _, _ in problems)
    lines = ["\nNothing was generated. Please answer again:\n"]
    for field, value, remedy in problems:
        lines.append(f"  {field:{width}}  {str(value)[:60]!r}\n  {'':{width}}  {remedy}\n")
    # Standard error escapes what the terminal cannot show; standard output would raise.
    print("\n".join(lines), file=sys.stderr)
    sys.exit(1)


if __name__ == "__main__":
    main()
