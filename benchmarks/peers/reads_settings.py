"""The project's own settings, with the addresses of `benchmarks.peers.reads`."""

from config.settings.production import *  # noqa: F403

ROOT_URLCONF = "benchmarks.peers.reads"
