"""Tests whose log lines are as in production."""

from config.settings.logging import logging_config, to_json
from config.settings.test import *

LOGGING = logging_config("apps.common.elk.ecs.to_ecs", to_json, handler="config.shipping.handler")
