"""Django without what a JSON API does not use."""

import os

SECRET_KEY = os.environ.get("DJANGO_SECRET_KEY", "only for measuring, on a loopback address")
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
INSTALLED_APPS = ["rest_framework", "projects"]
MIDDLEWARE = ["projects.middleware.RequestLog", "django.middleware.common.CommonMiddleware"]
USE_TZ = True
TIME_ZONE = "UTC"

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": os.environ["PGDATABASE"],
        "USER": os.environ["PGUSER"],
        "HOST": os.environ["PGHOST"],
        "CONN_MAX_AGE": None,
    }
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["projects.authentication.KeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["projects.permissions.HasPaidPlan", "projects.permissions.HasScope"],
    "DEFAULT_THROTTLE_CLASSES": ["projects.throttling.KeyThrottle"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "UNAUTHENTICATED_USER": None,
}
