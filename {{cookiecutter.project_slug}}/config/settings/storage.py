"""Static files from the process itself; uploads on the local disk or in a bucket."""

from typing import Any

from config.environment import BASE_DIR, environment

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
MEDIA_URL = "/media/"
MEDIA_ROOT = BASE_DIR / "media"
# % if cookiecutter.object_storage == "s3"
BUCKET_BACKEND = "storages.backends.s3.S3Storage"


# % endif
# % if cookiecutter.object_storage == "gcs"
BUCKET_BACKEND = "storages.backends.gcloud.GoogleCloudStorage"


# % endif
def uploads(bucket: str) -> dict[str, Any]:
    """The storage of uploaded files: the bucket, or the local disk when there is none."""
    if not bucket:
        return {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    return {"BACKEND": BUCKET_BACKEND, "OPTIONS": {"bucket_name": bucket}}


STORAGES = {
    "default": uploads(environment().app_storage_bucket),
    "staticfiles": {"BACKEND": "servestatic.storage.CompressedManifestStaticFilesStorage"},
}
