"""The template with one condition broken: its block is there whatever the answers, or never."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from tests.rendering import Source, compiled, sources

BEGIN = re.compile(r"^\s*# % if (.*)$")
END = re.compile(r"^\s*# % endif\b")


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """A file of the template whose block is there always, or never.

    Attributes:
        source: The file as it is now.
        line: Where the condition stood.
        condition: What it asked.
        fate: What has become of the block: "always" or "never".
    """

    source: Source
    line: int
    condition: str
    fate: str

    def __str__(self) -> str:
        return f"{self.source.path}:{self.line} {self.fate} ({self.condition})"


def blocks(text: str) -> Iterator[tuple[int, int, str]]:
    """Find every conditional: the numbers of its first and last line, and its condition."""
    open_tags: list[tuple[int, str]] = []
    for number, line in enumerate(text.split("\n")):
        if begin := BEGIN.match(line):
            open_tags.append((number, begin[1]))
        elif END.match(line):
            first, condition = open_tags.pop()
            yield first, number, condition


def mutants() -> Iterator[Mutant]:
    """Break every conditional of the template, in both ways."""
    for source in sources():
        if source.template is None:
            continue
        text = source.content.decode()
        lines = text.split("\n")
        for first, last, condition in blocks(text):
            inside = lines[first + 1 : last]
            for fate, kept in (("always", inside), ("never", [])):
                content = "\n".join([*lines[:first], *kept, *lines[last + 1 :]])
                broken = replace(source, content=content.encode(), template=compiled(content))
                yield Mutant(source=broken, line=first + 1, condition=condition, fate=fate)
