"""The tables, as CalmBoard's migrations made them."""

from django.db import models


class User(models.Model):
    id = models.TextField(primary_key=True)
    name = models.TextField()
    plan = models.TextField()

    is_authenticated = True

    class Meta:
        managed = False
        db_table = "users"

    def __str__(self) -> str:
        return self.name


class ApiKey(models.Model):
    id = models.TextField(primary_key=True)
    user = models.ForeignKey(User, models.CASCADE)
    digest = models.BinaryField(unique=True)
    scopes = models.TextField()
    project_ids = models.JSONField(null=True)
    expires_at = models.DateTimeField(null=True)
    paused_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        managed = False
        db_table = "api_keys"

    def __str__(self) -> str:
        return self.id


class Project(models.Model):
    id = models.TextField(primary_key=True)
    name = models.TextField()
    description = models.TextField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "projects"

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    pk = models.CompositePrimaryKey("user_id", "project_id")
    user = models.ForeignKey(User, models.CASCADE)
    project = models.ForeignKey(Project, models.CASCADE, related_name="memberships")
    role = models.TextField()

    class Meta:
        managed = False
        db_table = "memberships"

    def __str__(self) -> str:
        return self.role
