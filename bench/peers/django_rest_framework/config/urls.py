"""Where the views are."""

from django.http import HttpRequest, JsonResponse
from django.urls import path
from projects.views import ProjectList


def check_health(_request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


urlpatterns = [path("healthz", check_health), path("api/v1/projects", ProjectList.as_view())]
