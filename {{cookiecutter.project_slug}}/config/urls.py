"""The addresses of the site."""

from django.conf import settings
from django.conf.urls.static import static
from django.contrib import admin
from django.urls import include, path

from apps.common import problems
from apps.common.views import IndexView

admin.site.site_header = admin.site.site_title = settings.SITE_NAME

urlpatterns = [
    path("", IndexView.as_view(), name="index"),
    path("admin/", admin.site.urls),
    path("api/v1/", include("config.api_v1")),
    # % if cookiecutter.use_ninja
    path("api/v2/", include("config.api_v2")),
    # % endif
    path("api/<path:rest>", problems.api_not_found),
    *static(settings.MEDIA_URL, document_root=settings.MEDIA_ROOT),
]

handler400 = "apps.common.problems.bad_request"
handler404 = "apps.common.problems.not_found"
handler500 = "apps.common.problems.server_error"
