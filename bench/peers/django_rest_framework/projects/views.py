"""Projects."""

from django.db.models import F, QuerySet
from rest_framework.generics import ListAPIView

from projects.models import Project
from projects.pagination import KeysetPagination
from projects.serializers import ProjectSerializer


class ProjectList(ListAPIView):
    """The projects that the caller is a member of, oldest first."""

    required_scope = "projects:read"
    serializer_class = ProjectSerializer
    pagination_class = KeysetPagination

    def get_queryset(self) -> QuerySet[Project]:
        projects = Project.objects.filter(memberships__user=self.request.user).annotate(role=F("memberships__role"))
        allowed = self.request.auth.project_ids
        return projects if allowed is None else projects.filter(id__in=allowed)
