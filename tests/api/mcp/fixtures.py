"""Tools, resources and prompts that the conformance suite asks a server to have, and two of our own; only tests have them."""

import json
from collections.abc import Callable, Generator, Mapping
from dataclasses import replace
from queue import SimpleQueue
from threading import Event
from typing import Any
from uuid import uuid4

from api.mcp.calls import Call, Content, InputRequired, form, text
from api.mcp.protocol.revisions import missing_capability
from api.mcp.registry import Argument, Prompt, Registry, Resource, Tool
from calmboard.access.access import Access

JSON = dict[str, Any]
Told = Generator[JSON | None, None, Content]

_PATIENCE_S = 10
_left = Event()
_PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
_WAV = "UklGRiQAAABXQVZFZm10IBAAAAABAAEARKwAAIhYAQACABAAZGF0YQAAAAA="
_IMAGE = {"type": "image", "data": _PNG, "mimeType": "image/png"}
_AUDIO = {"type": "audio", "data": _WAV, "mimeType": "audio/wav"}
_ASK_NAME = form("What is your name?", {"name": {"type": "string"}}, ["name"])
_ASK_OK = form("Is that all right?", {"ok": {"type": "boolean"}}, ["ok"])
_ASK_ROOTS = {"method": "roots/list", "params": {}}


def register(registry: Registry) -> None:
    registry.add(*_tools(), *_asking_tools(), *_resources(), *_prompts())
    registry.on_response = _questions.on_response


def _tools() -> list[Tool]:
    return [
        _says("test_simple_text", text("This is a simple text response for testing.")),
        _says("test_image_content", _IMAGE),
        _says("test_audio_content", _AUDIO),
        _says("test_embedded_resource", _embedded("test://embedded-resource", "text/plain", "This is an embedded resource.")),
        _says("test_multiple_content_types", text("Several kinds:"), _IMAGE, _embedded("test://mixed", "text/plain", "123")),
        _says("test_error_handling", text("This tool always fails."), is_error=True),
        _does("test_tool_with_progress", _report_progress),
        _does("test_tool_with_logging", _log),
        _does("test_logging_tool", _log),
        _does("test_missing_capability", _need_sampling),
        replace(_says("json_schema_2020_12_tool", text("Contact kept.")), schema=_CONTACT_SCHEMA),
        replace(_says("test_routed_by_header", text("Routed.")), schema=_ROUTED_SCHEMA),
        _does("test_work_until_left", _work_until_left),
        _does("test_was_left", lambda _call, _asked: Content([text(str(_left.is_set()))])),
    ]


def _asking_tools() -> list[Tool]:
    """Tools that need something of the client: a form filled in, a model's words, its roots."""
    return [
        _does("test_streaming_elicitation", _report_then_ask),
        _does("test_sampling", _sample, prompt="string"),
        _does("test_elicitation", _ask_for_contact, message="string"),
        _does("test_elicitation_sep1034_defaults", _ask_with_defaults),
        _does("test_elicitation_sep1330_enums", _ask_with_choices),
        _asks("test_input_required_result_elicitation", None, user_name=_ASK_NAME),
        _asks("test_input_required_result_sampling", None, capital=_sampling("What is the capital of France?")),
        _asks("test_input_required_result_list_roots", None, client_roots=_ASK_ROOTS),
        _asks("test_input_required_result_request_state", "kept", confirm=_ASK_OK),
        _asks("test_input_required_result_tampered_state", "kept", confirm=_ASK_OK),
        _asks(
            "test_input_required_result_multiple_inputs",
            "kept",
            user_name=_ASK_NAME,
            greeting=_sampling("Write a greeting."),
            client_roots=_ASK_ROOTS,
        ),
        _does("test_input_required_result_multi_round", _ask_twice),
        _does("test_input_required_result_capabilities", _ask_what_it_can),
    ]


def _resources() -> list[Resource]:
    return [
        _holds("test://static-text", "text/plain", text="This is the content of the static text resource."),
        _holds("test://static-binary", "image/png", blob=_PNG),
        _holds("test://watched-resource", "text/plain", text="Nothing changes here."),
        Resource("test://template/{id}/data", "template", "Template", "Says its id.", "application/json", _say_id),
    ]


def _prompts() -> list[Prompt]:
    first = Argument("arg1", "The first.", complete=lambda _access, value, _given: [f"{value}-one", f"{value}-two"])
    uri = Argument("resourceUri", "The resource to embed.")
    return [
        Prompt("test_simple_prompt", "Simple", "No arguments.", lambda _call, _given: "This is a simple prompt for testing."),
        Prompt("test_prompt_with_arguments", "Arguments", "Two.", _repeat_arguments, (first, Argument("arg2", "The second."))),
        Prompt("test_prompt_with_embedded_resource", "Resource", "Embeds one.", _embed, (uri,)),
        Prompt("test_prompt_with_image", "Image", "Shows one.", lambda _call, _given: _messages(_IMAGE, text("Look at it."))),
        Prompt("test_input_required_result_prompt", "Asks", "Asks before it is written.", _ask_then_write),
    ]


def _does(name: str, run: Callable[[Call, Any], Any], **arguments: str) -> Tool:
    """A tool that takes arguments of these JSON types."""
    properties = {argument: {"type": kind} for argument, kind in arguments.items()}
    schema = {"type": "object", "properties": properties, "required": list(arguments), "additionalProperties": False}
    return Tool(name, name, "A tool of the conformance suite.", run, (), "reads", schema=schema)


def _says(name: str, *blocks: JSON, is_error: bool = False) -> Tool:
    return _does(name, lambda _call, _asked: Content(list(blocks), is_error=is_error))


def _asks(name: str, state: Any, **requests: JSON) -> Tool:
    """A tool that asks for all of this, and for as long as it takes; it may remember something meanwhile."""

    def run(call: Call, _asked: Any) -> Content:
        _need_answers(call, requests, state)
        return Content([text(f"state-ok: {json.dumps(call.answers)}")])

    return _does(name, run)


def _need_answers(call: Call, requests: JSON, state: Any = None) -> None:
    if call.state != state or not all(isinstance(call.answers.get(key), Mapping) for key in requests):
        raise InputRequired(requests, state)


def _report_progress(call: Call, _asked: Any) -> Told:
    for done in (0, 50, 100):
        yield call.progress(done, 100, f"{done} of 100")
    return Content([text("All done.")])


def _log(call: Call, _asked: Any) -> Told:
    """Tells what it does to clients that want to know: those of earlier revisions, and whoever names a level."""
    for words in ("Started", "Working", "Done"):
        if call.is_legacy or call.log_level:
            yield {"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": words}}
    return Content([text("Logged.")])


def _work_until_left(call: Call, _asked: Any) -> Told:
    """Goes on for half a minute, unless the client leaves."""
    try:
        for done in range(600):
            yield call.progress(done, 600, "At work")
            _left.wait(0.05)
    except GeneratorExit:
        _left.set()
        raise
    return Content([text("All done.")])


def _need_sampling(call: Call, _asked: Any) -> Content:
    if "sampling" not in call.capabilities:
        raise missing_capability(sampling={})
    return Content([text("You can sample.")])


def _report_then_ask(call: Call, _asked: Any) -> Told:
    yield call.progress(0, 2, "About to ask")
    _need_answers(call, {"confirm": _ASK_OK})
    yield call.progress(1, 2, "Answered")
    return Content([text("All done.")])


def _ask_twice(call: Call, _asked: Any) -> Content:
    if call.state is None:
        raise InputRequired({"step1": _ASK_NAME}, 1)
    if call.state == 1:
        raise InputRequired({"step2": form("Which colour do you like?", {"color": {"type": "string"}}, ["color"])}, 2)
    return Content([text("Two answers.")])


def _ask_what_it_can(call: Call, _asked: Any) -> Content:
    all_requests = {"sampling": _sampling("Write a greeting."), "elicitation": _ASK_NAME}
    _need_answers(call, {can: request for can, request in all_requests.items() if can in call.capabilities})
    return Content([text("That was all.")])


def _sample(call: Call, asked: Any) -> Told:
    answer = yield from _ask(call, _sampling(asked["prompt"]))
    return Content([text(f"LLM response: {json.dumps(answer)}")])


def _ask_for_contact(call: Call, asked: Any) -> Told:
    contact = {"username": {"type": "string"}, "email": {"type": "string"}}
    answer = yield from _ask(call, form(asked["message"], contact, ["username", "email"]))
    return Content([text(f"User response: {json.dumps(answer)}")])


def _ask_with_defaults(call: Call, _asked: Any) -> Told:
    answer = yield from _ask(call, form("Fill this in.", _DEFAULTS, []))
    return Content([text(f"Elicitation completed: {json.dumps(answer)}")])


def _ask_with_choices(call: Call, _asked: Any) -> Told:
    answer = yield from _ask(call, form("Choose.", _CHOICES, []))
    return Content([text(f"Elicitation completed: {json.dumps(answer)}")])


def _ask(call: Call, request: JSON) -> Generator[JSON, None, Any]:
    """The client's answer: to a request on the stream in the earlier revisions, to an InputRequired today."""
    if call.is_legacy:
        return (yield from _questions.ask(request))
    _need_answers(call, {"answer": request})
    return call.answers["answer"]


class Questions:
    """What clients of earlier revisions were asked on the stream of a call; they answer in a request of their own."""

    def __init__(self) -> None:
        self._open: dict[str, SimpleQueue[Mapping[str, Any]]] = {}

    def ask(self, request: JSON) -> Generator[JSON, None, Any]:
        """Send the request and wait for its result. Raises queue.Empty when none comes."""
        question = str(uuid4())
        answers = self._open[question] = SimpleQueue()
        try:
            yield {"jsonrpc": "2.0", "id": question, **request}
            return answers.get(timeout=_PATIENCE_S)["result"]
        finally:
            del self._open[question]

    def on_response(self, _access: Access, message: Mapping[str, Any]) -> None:
        if message["id"] in self._open:
            self._open[message["id"]].put(message)


_questions = Questions()


def _holds(uri: str, mime_type: str, **contents: str) -> Resource:
    return Resource(uri, uri, uri, "A resource of the conformance suite.", mime_type, lambda _call, _variables: contents)


def _say_id(_call: Call, variables: dict[str, str]) -> JSON:
    return {"text": json.dumps({"id": variables["id"], "templateTest": True})}


def _repeat_arguments(_call: Call, given: dict[str, str]) -> str:
    return f"Prompt with arguments: arg1='{given['arg1']}', arg2='{given['arg2']}'"


def _embed(_call: Call, given: dict[str, str]) -> list[JSON]:
    return _messages(_embedded(given["resourceUri"], "text/plain", "Embedded for testing."), text("Work with it."))


def _ask_then_write(call: Call, _given: dict[str, str]) -> str:
    _need_answers(call, {"user_context": form("In which context?", {"context": {"type": "string"}}, ["context"])})
    return f"Context: {json.dumps(call.answers['user_context'])}"


def _messages(*blocks: JSON) -> list[JSON]:
    return [{"role": "user", "content": block} for block in blocks]


def _embedded(uri: str, mime_type: str, words: str) -> JSON:
    return {"type": "resource", "resource": {"uri": uri, "mimeType": mime_type, "text": words}}


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
