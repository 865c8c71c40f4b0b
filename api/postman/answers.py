"""Saved example answers: the success of a request, and its main errors."""

import json
from http import HTTPStatus
from typing import Any

from api.docs.examples import example_of
from api.framework.describe import Operation
from api.shapes.problems import Problem as ProblemBody
from calmboard.errors import PROBLEMS, FieldError, Problem

_ERRORS = {401: "invalid_api_key", 403: "forbidden", 404: "not_found", 422: "validation_failed"}
_FIELD_ERRORS = {"validation_failed": FieldError("/colour", "unknown_field", "There is no field “colour” here.")}


def saved_answers(endpoint: Operation, documented: dict[str, Any], request: dict[str, Any]) -> list[dict[str, Any]]:
    status = endpoint.status
    success = saved_answer(HTTPStatus(status).phrase, status, request, _success_body(endpoint), "application/json")
    errors = [code for status, code in _ERRORS.items() if str(status) in documented["responses"]]
    return [success, *(saved_problem(code, request) for code in errors)]


def saved_problem(code: str, request: dict[str, Any]) -> dict[str, Any]:
    problem = PROBLEMS[code]
    return saved_answer(problem.title, problem.status, request, _body(problem), "application/problem+json")


def saved_answer(name: str, status: int, request: dict[str, Any], body: Any, media_type: str) -> dict[str, Any]:
    answer = {
        "name": f"{status} {name}",
        "originalRequest": request,
        "status": HTTPStatus(status).phrase,
        "code": status,
        "_postman_previewlanguage": "json",
        "header": [],
        "body": "",
    }
    if body is None:
        return answer
    header = [{"key": "Content-Type", "value": media_type}]
    return {**answer, "header": header, "body": json.dumps(body, indent=2, ensure_ascii=False)}


def _success_body(endpoint: Operation) -> Any:
    gives = endpoint.description.gives
    if gives is None:
        return None
    one = example_of(gives)
    return {"data": [one], "has_more": False, "next_cursor": None} if endpoint.is_list else one


def _body(problem: type[Problem]) -> dict[str, Any]:
    example = example_of(ProblemBody)
    error = _FIELD_ERRORS.get(problem.code)
    return {
        "type": example["type"].partition("#")[0] + f"#{problem.code}",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.meaning,
        "code": problem.code,
        "request_id": example["request_id"],
        "errors": [{"pointer": error.pointer, "code": error.code, "detail": error.detail}] if error else [],
        "hint": problem.remedy,
        "error": {"code": problem.code, "message": problem.meaning},
    }
