"""What is answered."""

from rest_framework import serializers

from projects.models import Project


class ProjectSerializer(serializers.ModelSerializer):
    role = serializers.CharField(read_only=True)

    class Meta:
        model = Project
        fields = ("id", "name", "description", "role", "created_at", "updated_at")
