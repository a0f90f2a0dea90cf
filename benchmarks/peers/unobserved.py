"""A project whose requests nobody counts."""

from apps.common.metrics import requests
from config.asgi import application

requests.observe = lambda *_: None

__all__ = ["application"]
