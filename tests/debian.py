"""Programs of another Debian release, without installing anything."""

import subprocess
from fcntl import LOCK_EX, flock
from pathlib import Path

from tests.rendering import TEMPLATE

MIRROR = "http://deb.debian.org/debian"


def unpack(release: str, packages: tuple[str, ...], folder: Path) -> None:
    """Put the files of packages into a folder; what has been fetched once is kept.

    Args:
        release: Its code name.
        packages: The programs' own and those of the libraries they need, libc6 included.
        folder: Where to put them.
    """
    for archive in _fetch(release, packages):
        subprocess.run(["dpkg-deb", "--extract", archive, folder], check=True)


def command(folder: Path, program: str) -> list[str]:
    """Return what runs an unpacked program with the libraries beside it."""
    (loader,) = folder.glob("usr/lib/*-linux-gnu*/ld-linux-*.so.?")
    return [str(loader), "--library-path", str(loader.parent), str(folder / program)]


def _fetch(release: str, packages: tuple[str, ...]) -> list[Path]:
    cache = TEMPLATE / ".cache/debian" / release
    (cache / "state").mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        flock(lock, LOCK_EX)
        found = [archive for name in packages for archive in cache.glob(f"{name}_*.deb")]
        if len(found) == len(packages):
            return found
        sources = cache / "sources.list"
        sources.write_text(f"deb {MIRROR} {release} main\n", encoding="utf-8")
        apt = ["apt-get", "--quiet=2"]
        for name, value in {
            "APT::Sandbox::User": "root",
            "Dir::Cache": cache / "apt",
            "Dir::Etc::SourceList": sources,
            "Dir::Etc::SourceParts": "-",
            "Dir::State": cache / "state",
        }.items():
            apt += ["--option", f"{name}={value}"]
        for arguments in (["update"], ["download", *packages]):
            subprocess.run([*apt, *arguments], cwd=cache, check=True)
        return [archive for name in packages for archive in cache.glob(f"{name}_*.deb")]
