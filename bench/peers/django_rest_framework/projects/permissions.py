"""What a key may do: its owner's plan, and its scopes."""

from django.views import View
from rest_framework.permissions import BasePermission
from rest_framework.request import Request


class HasPaidPlan(BasePermission):
    message = "The plan does not include integration APIs."

    def has_permission(self, request: Request, _view: View) -> bool:
        return request.user.plan in ("pro", "business")


class HasScope(BasePermission):
    message = "The key lacks the scope that this needs."

    def has_permission(self, request: Request, view: View) -> bool:
        return view.required_scope in request.auth.scopes.split()
