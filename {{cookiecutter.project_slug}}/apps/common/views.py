"""The page that a person sees first."""

from typing import Any

from django.conf import settings
from django.views.generic import TemplateView


class IndexView(TemplateView):
    """Says what this is and where everything is found."""

    template_name = "common/index.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The name of the site, the versions of its API as people count them, and who looks."""
        versions = [version.removeprefix("v") for version in settings.API_VERSIONS]
        return super().get_context_data(
            **kwargs,
            site_name=settings.SITE_NAME,
            versions=versions,
            in_development=settings.DEBUG,
        )
