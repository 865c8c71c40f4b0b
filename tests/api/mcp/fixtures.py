"""Tools, resources and prompts that the conformance suite requires of a server, and two of our own; only tests have them."""

import json
from collections.abc import Callable, Generator, Mapping
from dataclasses import replace
from queue import SimpleQueue
from threading import Event
from typing import Any
from uuid import uuid4

from api.mcp.calls import CallContext, Content, InputRequired, form, text
from api.mcp.protocol.revisions import missing_capability
from api.mcp.registry import Argument, Prompt, Registry, Resource, Tool
from calmboard.access.access import Access

JSON = dict[str, Any]
ContentStream = Generator[JSON | None, None, Content]

_TIMEOUT_S = 10
_disconnected = Event()
_PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
_WAV = "UklGRiQAAABXQVZFZm10IBAAAAABAAEARKwAAIhYAQACABAAZGF0YQAAAAA="
_IMAGE = {"type": "image", "data": _PNG, "mimeType": "image/png"}
_AUDIO = {"type": "audio", "data": _WAV, "mimeType": "audio/wav"}
_ASK_NAME = form("What is your name?", {"name": {"type": "string"}}, ["name"])
_ASK_OK = form("Is that all right?", {"ok": {"type": "boolean"}}, ["ok"])
_ASK_ROOTS = {"method": "roots/list", "params": {}}


def register(registry: Registry) -> None:
    registry.add(*_tools(), *_input_required_tools(), *_resources(), *_prompts())
    registry.on_response = _questions.on_response


def _tools() -> list[Tool]:
    return [
        _content_tool("test_simple_text", text("This is a simple text response for testing.")),
        _content_tool("test_image_content", _IMAGE),
        _content_tool("test_audio_content", _AUDIO),
        _content_tool(
            "test_embedded_resource", _embedded("test://embedded-resource", "text/plain", "This is an embedded resource.")
        ),
        _content_tool(
            "test_multiple_content_types", text("Several kinds:"), _IMAGE, _embedded("test://mixed", "text/plain", "123")
        ),
        _content_tool("test_error_handling", text("This tool always fails."), is_error=True),
        _tool("test_tool_with_progress", _report_progress),
        _tool("test_tool_with_logging", _log),
        _tool("test_logging_tool", _log),
        _tool("test_missing_capability", _require_sampling),
        replace(_content_tool("json_schema_2020_12_tool", text("Contact kept.")), schema=_CONTACT_SCHEMA),
        replace(_content_tool("test_routed_by_header", text("Routed.")), schema=_ROUTED_SCHEMA),
        _tool("test_work_until_disconnect", _work_until_disconnect),
        _tool("test_was_disconnected", lambda _call, _args: Content([text(str(_disconnected.is_set()))])),
    ]


def _input_required_tools() -> list[Tool]:
    """Tools that need input of the client: a form, a sampled message, its roots."""
    return [
        _tool("test_streaming_elicitation", _report_then_ask),
        _tool("test_sampling", _sample, prompt="string"),
        _tool("test_elicitation", _ask_for_contact, message="string"),
        _tool("test_elicitation_sep1034_defaults", _ask_with_defaults),
        _tool("test_elicitation_sep1330_enums", _ask_with_choices),
        _input_required_tool("test_input_required_result_elicitation", None, user_name=_ASK_NAME),
        _input_required_tool("test_input_required_result_sampling", None, capital=_sampling("What is the capital of France?")),
        _input_required_tool("test_input_required_result_list_roots", None, client_roots=_ASK_ROOTS),
        _input_required_tool("test_input_required_result_request_state", "kept", confirm=_ASK_OK),
        _input_required_tool("test_input_required_result_tampered_state", "kept", confirm=_ASK_OK),
        _input_required_tool(
            "test_input_required_result_multiple_inputs",
            "kept",
            user_name=_ASK_NAME,
            greeting=_sampling("Write a greeting."),
            client_roots=_ASK_ROOTS,
        ),
        _tool("test_input_required_result_multi_round", _ask_twice),
        _tool("test_input_required_result_capabilities", _ask_what_it_can),
    ]


def _resources() -> list[Resource]:
    return [
        _resource("test://static-text", "text/plain", text="This is the content of the static text resource."),
        _resource("test://static-binary", "image/png", blob=_PNG),
        _resource("test://watched-resource", "text/plain", text="Nothing changes here."),
        Resource("test://template/{id}/data", "template", "Template", "Contains its id.", "application/json", _read_id),
    ]


def _prompts() -> list[Prompt]:
    first = Argument("arg1", "The first.", complete=lambda _access, value, _arguments: [f"{value}-one", f"{value}-two"])
    uri = Argument("resourceUri", "The resource to embed.")
    return [
        Prompt("test_simple_prompt", "Simple", "No arguments.", lambda _call, _arguments: "This is a simple prompt for testing."),
        Prompt("test_prompt_with_arguments", "Arguments", "Two.", _repeat_arguments, (first, Argument("arg2", "The second."))),
        Prompt("test_prompt_with_embedded_resource", "Resource", "Embeds one.", _embed, (uri,)),
        Prompt("test_prompt_with_image", "Image", "Shows one.", lambda _call, _arguments: _messages(_IMAGE, text("Look at it."))),
        Prompt("test_input_required_result_prompt", "Asks", "Asks before it is written.", _ask_then_write),
    ]


def _tool(name: str, run: Callable[[CallContext, Any], Any], **arguments: str) -> Tool:
    """A tool that takes arguments of these JSON types."""
    properties = {argument: {"type": kind} for argument, kind in arguments.items()}
    schema = {"type": "object", "properties": properties, "required": list(arguments), "additionalProperties": False}
    return Tool(name, name, "A tool of the conformance suite.", run, (), "reads", schema=schema)


def _content_tool(name: str, *blocks: JSON, is_error: bool = False) -> Tool:
    return _tool(name, lambda _call, _args: Content(list(blocks), is_error=is_error))


def _input_required_tool(name: str, state: Any, **requests: JSON) -> Tool:
    """A tool that requires these inputs until all are there; it may store a state meanwhile."""

    def run(call: CallContext, _args: Any) -> Content:
        _require_answers(call, requests, state)
        return Content([text(f"state-ok: {json.dumps(call.answers)}")])

    return _tool(name, run)


def _require_answers(call: CallContext, requests: JSON, state: Any = None) -> None:
    if call.state != state or not all(isinstance(call.answers.get(key), Mapping) for key in requests):
        raise InputRequired(requests, state)


def _report_progress(call: CallContext, _args: Any) -> ContentStream:
    for done in (0, 50, 100):
        yield call.progress(done, 100, f"{done} of 100")
    return Content([text("All done.")])


def _log(call: CallContext, _args: Any) -> ContentStream:
    """Sends log messages to clients of earlier revisions, and to those that set a level."""
    for line in ("Started", "Working", "Done"):
        if call.is_legacy or call.log_level:
            yield {"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": line}}
    return Content([text("Logged.")])


def _work_until_disconnect(call: CallContext, _args: Any) -> ContentStream:
    """Runs for half a minute, unless the client disconnects."""
    try:
        for done in range(600):
            yield call.progress(done, 600, "At work")
            _disconnected.wait(0.05)
    except GeneratorExit:
        _disconnected.set()
        raise
    return Content([text("All done.")])


def _require_sampling(call: CallContext, _args: Any) -> Content:
    if "sampling" not in call.capabilities:
        raise missing_capability(sampling={})
    return Content([text("You can sample.")])


def _report_then_ask(call: CallContext, _args: Any) -> ContentStream:
    yield call.progress(0, 2, "About to ask")
    _require_answers(call, {"confirm": _ASK_OK})
    yield call.progress(1, 2, "Answered")
    return Content([text("All done.")])


def _ask_twice(call: CallContext, _args: Any) -> Content:
    if call.state is None:
        raise InputRequired({"step1": _ASK_NAME}, 1)
    if call.state == 1:
        raise InputRequired({"step2": form("Which colour do you like?", {"color": {"type": "string"}}, ["color"])}, 2)
    return Content([text("Two answers.")])


def _ask_what_it_can(call: CallContext, _args: Any) -> Content:
    all_requests = {"sampling": _sampling("Write a greeting."), "elicitation": _ASK_NAME}
    _require_answers(call, {can: request for can, request in all_requests.items() if can in call.capabilities})
    return Content([text("That was all.")])


def _sample(call: CallContext, args: Any) -> ContentStream:
    answer = yield from _ask(call, _sampling(args["prompt"]))
    return Content([text(f"LLM response: {json.dumps(answer)}")])


def _ask_for_contact(call: CallContext, args: Any) -> ContentStream:
    contact = {"username": {"type": "string"}, "email": {"type": "string"}}
    answer = yield from _ask(call, form(args["message"], contact, ["username", "email"]))
    return Content([text(f"User response: {json.dumps(answer)}")])


def _ask_with_defaults(call: CallContext, _args: Any) -> ContentStream:
    answer = yield from _ask(call, form("Fill this in.", _DEFAULTS, []))
    return Content([text(f"Elicitation completed: {json.dumps(answer)}")])


def _ask_with_choices(call: CallContext, _args: Any) -> ContentStream:
    answer = yield from _ask(call, form("Choose.", _CHOICES, []))
    return Content([text(f"Elicitation completed: {json.dumps(answer)}")])


def _ask(call: CallContext, request: JSON) -> Generator[JSON, None, Any]:
    """The client's answer: to a request on the stream in the earlier revisions, to an InputRequired today."""
    if call.is_legacy:
        return (yield from _questions.ask(request))
    _require_answers(call, {"answer": request})
    return call.answers["answer"]


class Questions:
    """The requests sent to clients of earlier revisions on the stream of a call; they respond in a request of their own."""

    def __init__(self) -> None:
        self._open: dict[str, SimpleQueue[Mapping[str, Any]]] = {}

    def ask(self, request: JSON) -> Generator[JSON, None, Any]:
        """Send the request and wait for its result. Raises queue.Empty when none comes."""
        question = str(uuid4())
        answers = self._open[question] = SimpleQueue()
        try:
            yield {"jsonrpc": "2.0", "id": question, **request}
            return answers.get(timeout=_TIMEOUT_S)["result"]
        finally:
            del self._open[question]

    def on_response(self, _access: Access, message: Mapping[str, Any]) -> None:
        if message["id"] in self._open:
            self._open[message["id"]].put(message)


_questions = Questions()


def _resource(uri: str, mime_type: str, **contents: str) -> Resource:
    return Resource(uri, uri, uri, "A resource of the conformance suite.", mime_type, lambda _call, _variables: contents)


def _read_id(_call: CallContext, variables: dict[str, str]) -> JSON:
    return {"text": json.dumps({"id": variables["id"], "templateTest": True})}


def _repeat_arguments(_call: CallContext, arguments: dict[str, str]) -> str:
    return f"Prompt with arguments: arg1='{arguments['arg1']}', arg2='{arguments['arg2']}'"


def _embed(_call: CallContext, arguments: dict[str, str]) -> list[JSON]:
    return _messages(_embedded(arguments["resourceUri"], "text/plain", "Embedded for testing."), text("Work with it."))


def _ask_then_write(call: CallContext, _arguments: dict[str, str]) -> str:
    _require_answers(call, {"user_context": form("In which context?", {"context": {"type": "string"}}, ["context"])})
    return f"Context: {json.dumps(call.answers['user_context'])}"


def _messages(*blocks: JSON) -> list[JSON]:
    return [{"role": "user", "content": block} for block in blocks]


def _embedded(uri: str, mime_type: str, content: str) -> JSON:
    return {"type": "resource", "resource": {"uri": uri, "mimeType": mime_type, "text": content}}


def _sampling(prompt: str) -> JSON:
    messages = [{"role": "user", "content": text(prompt)}]
    return {"method": "sampling/createMessage", "params": {"messages": messages, "maxTokens": 100}}


_OPTIONS = ["option1", "option2", "option3"]
_TITLED = [{"const": "value1", "title": "First"}, {"const": "value2", "title": "Second"}]

_DEFAULTS: JSON = {
    "name": {"type": "string", "default": "John Doe"},
    "age": {"type": "integer", "default": 30},
    "score": {"type": "number", "default": 95.5},
    "status": {"type": "string", "enum": ["active", "inactive", "pending"], "default": "active"},
    "verified": {"type": "boolean", "default": True},
}
_CHOICES: JSON = {
    "untitledSingle": {"type": "string", "enum": _OPTIONS},
    "titledSingle": {"type": "string", "oneOf": _TITLED},
    "legacyEnum": {"type": "string", "enum": ["opt1", "opt2"], "enumNames": ["Option one", "Option two"]},
    "untitledMulti": {"type": "array", "items": {"type": "string", "enum": _OPTIONS}},
    "titledMulti": {"type": "array", "items": {"anyOf": _TITLED}},
}
_CONTACT_SCHEMA: JSON = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {"address": {"$anchor": "addressDef", "type": "object", "properties": {"city": {"type": "string"}}}},
    "properties": {
        "address": {"$ref": "#/$defs/address"},
        "contactMethod": {"type": "string", "enum": ["phone", "email"]},
        "phone": {"type": "string"},
        "email": {"type": "string"},
    },
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": False,
}
_ROUTED_SCHEMA: JSON = {
    "type": "object",
    "properties": {"region": {"type": "string", "x-mcp-header": "Region"}},
    "additionalProperties": False,
}
