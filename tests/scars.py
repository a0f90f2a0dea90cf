"""What a part that is off must not leave behind, and what one that is on must not lack."""

import ast
import itertools
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.rendering import Answers, Tree

# Words by which a part is known. Without the part, no file and no path holds any of them.
WORDS = {
    "use_ninja": r"ninja|api[_/.]v2|version_2|hot-reads",
    "use_pgbouncer": r"pgbouncer",
    "use_redis_cluster": r"redis[-_ +]cluster|rediss?\+cluster|cluster-enabled|redis[-.]cluster",
    "use_elk": r"\belk\b|elastic|kibana|logstash|\becs\b",
    "use_otel": r"\botel|otlp|opentelemetry|jaeger",
    "use_k8s_hpa": r"\bhpa\b|horizontalpod|k8s|kubernetes|kubectl",
}
# A module of the project, named in a string as settings and commands do.
DOTTED = re.compile(r"""["' ](?P<name>(?:apps|config)(?:\.\w+)+)["' ,]""")
# A file of the project, named in a text or a command.
PATH = re.compile(r"(?<![\w./-])(?:apps|config|docs|infra|scripts|tests)(?:/[\w.-]+)+\.\w+\b")
# Named because it is not there, and made when it is needed.
MISSING = {"apps.payments.gateways.nobody.Nobody"}
MADE_LATER = re.compile(r"secrets/|/generated/|\.env$")


def leftovers(tree: Tree, answers: Answers) -> list[str]:
    """Name what is left of the parts that are off."""
    found = []
    for toggle, words in WORDS.items():
        if answers.get(toggle) is False:
            pattern = re.compile(words.encode(), re.IGNORECASE)
            found += [
                f"{path}: {match[0].decode()}"
                for path, content in tree.items()
                if (match := pattern.search(path.encode() + b"\n" + content))
            ]
    return found


def dangling(tree: Tree) -> list[str]:
    """Name what is referred to and is not there: modules, and files in texts and commands."""
    modules = {_module(path) for path in tree if path.endswith(".py")}
    packages = {name[: dot.start()] for name in modules for dot in re.finditer(r"\.", name)}
    known = modules | packages
    # What has names of its own, which strings may end in.
    holders = {_module(path) for path, content in tree.items() if _holds_code(path, content)}
    return [
        f"{path} refers to {name}"
        for path, content in tree.items()
        for name in (*_imports(path, content), *_mentions(path, content))
        if not (
            name in tree if "/" in name else name in known or name.rpartition(".")[0] in holders
        )
        and name not in MISSING
    ]


def _holds_code(path: str, content: bytes) -> bool:
    """Tell a module that says something from the mark of a package."""
    if not path.endswith(".py"):
        return False
    return bool(re.search(rb"^(class|def|from|import) ", content, re.MULTILINE))


def _module(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


@cache
def _imports(path: str, content: bytes) -> tuple[str, ...]:
    if not path.endswith(".py"):
        return ()
    names: list[str] = []
    for node in ast.walk(ast.parse(content)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.append(node.module)
    return tuple(name for name in names if name.startswith(("apps", "config", "tests.")))


@cache
def _mentions(path: str, content: bytes) -> tuple[str, ...]:
    return tuple(_find(path, content.decode(errors="replace")))


def _find(path: str, text: str) -> Iterator[str]:
    if not path.startswith("apps/common/migrations"):
        yield from (match["name"] for match in DOTTED.finditer(text))
    if Path(path).suffix in {".md", ".yaml", ".yml", ".sh", ""}:
        yield from (match[0] for match in PATH.finditer(text) if not MADE_LATER.search(match[0]))


# Name in an import statement -> distribution, where they differ.
DISTRIBUTIONS = {
    "argon2": "argon2-cffi",
    "corsheaders": "django-cors-headers",
    "crontask": "django-crontask",
    "django_filters": "django-filter",
    "drf_spectacular": "drf-spectacular",
    "jwt": "pyjwt",
    "ninja": "django-ninja",
    "opentelemetry": "opentelemetry-sdk",
    "rest_framework": "djangorestframework",
    "storages": "django-storages",
}
# Distribution -> why nothing imports it.
NOT_IMPORTED = {
    "argon2-cffi": "Django's password hasher does",
    "django-filter-stubs": "types",
    "django-stubs": "types",
    "djangorestframework-stubs": "types",
    "hiredis": "redis does, to read faster",
    "httptools": "Uvicorn does, to parse faster",
    "import-linter": "make lint",
    "mypy": "make lint",
    "opentelemetry-exporter-otlp-proto-http": "its entry point",
    "prek": "the hooks of git",
    "pytest-asyncio": "a plugin of pytest",
    "pytest-cov": "a plugin of pytest",
    "pytest-xdist": "a plugin of pytest",
    "ruff": "make lint",
    "uvloop": "Uvicorn does, for its event loop",
    "zdm": "make check",
}


def dependencies(tree: Tree) -> list[str]:
    """Name what is declared and not used, or used and not declared."""
    metadata = tomllib.loads(tree["pyproject.toml"].decode())
    groups = itertools.chain(*metadata["dependency-groups"].values())
    given = [
        *metadata["project"]["dependencies"],
        *(each for each in groups if isinstance(each, str)),
    ]
    declared = {re.split(r"[\[<>=~; ]", requirement)[0] for requirement in given}
    words = {
        word
        for path, content in tree.items()
        if path.endswith(".py")
        for word in _packages(content)
    }
    used = {DISTRIBUTIONS.get(word, word.replace("_", "-")) for word in words}
    unused = declared - used - NOT_IMPORTED.keys()
    return [f"{name} is not used" for name in sorted(unused)]


@cache
def _packages(content: bytes) -> frozenset[str]:
    """Name the packages that a module imports, or names in strings as settings do."""
    text = content.decode()
    imported = re.findall(r"^\s*(?:from|import) (\w+)", text, re.MULTILINE)
    return frozenset([*imported, *re.findall(r"""["'](\w+)(?:\.\w+)*["']""", text)])


# Settings that others read: Django and packages.
READ_BY_OTHERS = re.compile(
    r"(ALLOWED_HOSTS|APPEND_SLASH|AUTH|CACHES|CORS|CSRF|DATABASES|DATA_UPLOAD|DEBUG|DEFAULT|EMAIL|"
    r"FILE_UPLOAD|INSTALLED_APPS|LANGUAGE|LOGGING|LOGIN|MAILERS|MEDIA|MIDDLEWARE|PASSWORD|REST_FRAMEWORK|ROOT_URLCONF|"
    r"SECRET_KEY|SECURE|SERVER_EMAIL|SERVESTATIC|SESSION|SILENCED|SPECTACULAR|STATIC|STORAGES|TASKS|TEMPLATES|TIME_ZONE|"
    r"USE_|X_FRAME|ASGI|WSGI|NINJA|CRONTASK|FORM|TEST_RUNNER)"
)


def unread_settings(tree: Tree) -> list[str]:
    """Name the project's own settings that nothing reads."""
    python = {path: content.decode() for path, content in tree.items() if path.endswith(".py")}
    everything = "\n".join(python.values())
    counted = Counter(re.findall(r"\b[A-Z][A-Z0-9_]{3,}\b", everything))
    return [
        f"{path}: {name}"
        for path, text in python.items()
        if path.startswith("config/settings/")
        for name in re.findall(r"^([A-Z][A-Z0-9_]+)(?:: [^=\n]+)? =", text, re.MULTILINE)
        if counted[name] == 1 and not READ_BY_OTHERS.match(name)
    ]
