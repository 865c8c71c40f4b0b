"""The methods of the protocol. Every function takes the registry, the message and the call, and returns a result."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from flask import request

from api.mcp.arguments import read_object_text
from api.mcp.calls import CallContext, InputRequired, text
from api.mcp.protocol import request_state
from api.mcp.protocol.headers import require_matching_argument_headers
from api.mcp.protocol.listings import list_tools, usable
from api.mcp.protocol.messages import Message
from api.mcp.protocol.revisions import (
    APPS,
    INSTRUCTIONS,
    INVALID_PARAMS,
    LEGACY,
    METHOD_NOT_FOUND,
    MODERN,
    OLD_RESOURCE_NOT_FOUND,
    OLDEST,
    SERVER_INFO,
    Failure,
    about_this_server,
    invalid_cursor,
    missing_capability,
)
from api.mcp.registry import Complete, Prompt, Registry, Resource
from api.mcp.tool_calls import MessageStream, call_tool
from calmboard.access.access import Access
from calmboard.access.permissions import require_scope
from calmboard.errors import Forbidden, NotFound
from web.origin import origin

Result = dict[str, Any]

_MAX_COMPLETIONS = 100
_HOUR_MS, _MINUTE_MS = 3_600_000, 60_000
_LEVELS = ("debug", "info", "notice", "warning", "error", "critical", "alert", "emergency")

# The capability that a client declares to answer each request.
_CAPABILITIES = {"elicitation/create": "elicitation", "sampling/createMessage": "sampling", "roots/list": "roots"}


def dispatch(registry: Registry, message: Message, call: CallContext) -> Result | MessageStream:
    """Carry out a request; raises Failure, or the Problem of a caller who may not do it."""
    method = (_OLD_METHODS if message.is_legacy else _METHODS).get(message.method)
    if method is None:
        raise Failure(METHOD_NOT_FOUND, f"There is no method {message.method[:100]} here.")
    try:
        result = method(registry, message, call)
    except InputRequired as required:
        return _input_required_result(message, call, required)
    return result if isinstance(result, dict) else _with_input_requests(message, call, result)


def finish_result(message: Message, result: Result) -> Result:
    """Add what every result of the modern protocol carries; earlier clients get the bare result."""
    if message.is_legacy:
        return _for_revision(
            message.version, {name: value for name, value in result.items() if name not in ("ttlMs", "cacheScope")}
        )
    meta = {**(result.get("_meta") or {}), SERVER_INFO: about_this_server(origin())}
    return {"resultType": "complete", **result, "_meta": meta}


def _with_input_requests(message: Message, call: CallContext, frames: MessageStream) -> MessageStream:
    """A tool requires input by raising, also after it has reported progress."""
    try:
        return (yield from frames)
    except InputRequired as required:
        return _input_required_result(message, call, required)


def _input_required_result(message: Message, call: CallContext, required: InputRequired) -> Result:
    """The input requests; never ones that the client did not declare (basic/patterns/mrtr)."""
    undeclared = [
        capability
        for request in required.requests.values()
        if (capability := _CAPABILITIES[request["method"]]) not in call.capabilities
    ]
    if undeclared:
        raise missing_capability(**{capability: {} for capability in undeclared})
    result: Result = {"resultType": "input_required"}
    if required.requests:
        result["inputRequests"] = required.requests
    if required.state is not None:
        result["requestState"] = request_state.sign_state(call.access, message.method, message.params, required.state)
    return result


def _discover(_registry: Registry, _message: Message, _call: CallContext) -> Result:
    about = {"supportedVersions": [MODERN], "capabilities": _capabilities(), "instructions": INSTRUCTIONS}
    return _cached(about, _HOUR_MS, "public")


def _initialize(_registry: Registry, message: Message, _call: CallContext) -> Result:
    requested = message.params.get("protocolVersion")
    if not isinstance(requested, str):
        raise Failure(INVALID_PARAMS, "protocolVersion has to be a text, such as 2025-11-25.")
    return {
        "protocolVersion": requested if requested in LEGACY else LEGACY[0],
        "capabilities": _capabilities(),
        "serverInfo": about_this_server(origin()),
        "instructions": INSTRUCTIONS,
    }


def _capabilities() -> Result:
    return {"tools": {}, "resources": {}, "prompts": {}, "completions": {}, "extensions": {APPS: {}}}


def _ping(_registry: Registry, _message: Message, _call: CallContext) -> Result:
    return {}


def _set_level(_registry: Registry, message: Message, _call: CallContext) -> Result:
    """Nothing is logged to clients; an unknown level is rejected all the same."""
    if message.params.get("level") not in _LEVELS:
        raise Failure(INVALID_PARAMS, f"level has to be one of {', '.join(_LEVELS)}.")
    return {}


def _list_tools(registry: Registry, message: Message, call: CallContext) -> Result:
    _require_first_page(message)
    return _cached({"tools": list_tools(registry, call.access, message.version)}, _MINUTE_MS, "private")


def _call_tool(registry: Registry, message: Message, call: CallContext) -> MessageStream:
    name, arguments = _require_text(message, "name"), _arguments(message)
    tool = registry.tools.get(name)
    if tool is None:
        raise Failure(INVALID_PARAMS, f"There is no tool {name[:100]}; tools/list names those you may use.")
    if not message.is_legacy:
        require_matching_argument_headers(request.headers, tool, arguments)
    return call_tool(tool, _with_state(message, call), arguments)


def _list_resources(registry: Registry, message: Message, call: CallContext) -> Result:
    cursor = _cursor(message)
    fixed = [one.definition() for one in registry.resources if not one.is_template and usable(call.access, one.scopes)]
    found, after = registry.list_resources(call.access, cursor)
    page: Result = {"resources": [*([] if cursor else fixed), *found]}
    return _cached({**page, "nextCursor": after} if after else page, _MINUTE_MS, "private")


def _list_templates(registry: Registry, message: Message, call: CallContext) -> Result:
    _require_first_page(message)
    shown = [one.definition() for one in registry.resources if one.is_template and usable(call.access, one.scopes)]
    return _cached({"resourceTemplates": shown}, _MINUTE_MS, "private")


def _read_resource(registry: Registry, message: Message, call: CallContext) -> Result:
    uri = _require_text(message, "uri")
    resource, variables = _resource(registry, uri, message)
    require_scope(call.access, *resource.scopes)
    try:
        contents = resource.read(_with_state(message, call), variables)
    except (NotFound, Forbidden) as problem:
        raise _no_resource(message, uri, problem.detail) from problem
    about: Result = {"uri": uri, "mimeType": resource.mime_type}
    if resource.meta:
        about["_meta"] = resource.meta
    return _cached({"contents": [{**about, **contents}]}, 0, "private")


def _check_resource(registry: Registry, message: Message, call: CallContext) -> Result:
    """Earlier clients may subscribe although there are no notifications; an unknown resource is rejected all the same."""
    _read_resource(registry, message, call)
    return {}


def _list_prompts(registry: Registry, message: Message, call: CallContext) -> Result:
    _require_first_page(message)
    shown = [one.definition() for one in registry.prompts.values() if usable(call.access, one.scopes)]
    return _cached({"prompts": shown}, _MINUTE_MS, "private")


def _get_prompt(registry: Registry, message: Message, call: CallContext) -> Result:
    prompt = _prompt(registry, _require_text(message, "name"))
    arguments = _prompt_arguments(prompt, _arguments(message))
    require_scope(call.access, *prompt.scopes)
    try:
        rendered = prompt.render(_with_state(message, call), arguments)
    except (NotFound, Forbidden) as problem:
        raise Failure(INVALID_PARAMS, problem.detail) from problem
    messages = rendered if isinstance(rendered, list) else [{"role": "user", "content": text(rendered)}]
    return {"description": prompt.description, "messages": messages}


def _complete(registry: Registry, message: Message, call: CallContext) -> Result:
    argument, context = message.params.get("argument"), message.params.get("context")
    name, value = (argument.get("name"), argument.get("value")) if isinstance(argument, Mapping) else (None, None)
    if not isinstance(name, str) or not isinstance(value, str):
        raise Failure(INVALID_PARAMS, "argument has to hold name and value, both texts.")
    known = context.get("arguments") if isinstance(context, Mapping) else None
    complete = _completion(registry, message, call.access, name)
    given = {key: item for key, item in known.items() if isinstance(item, str)} if isinstance(known, Mapping) else {}
    values = list(complete(call.access, value, given)) if complete else []
    shown = values[:_MAX_COMPLETIONS]
    return {"completion": {"values": shown, "hasMore": len(values) > len(shown)}}


def _completion(registry: Registry, message: Message, access: Access, name: str) -> Complete | None:
    """The completion of an argument; None where its values are free, or the credential may not read them."""
    ref = message.params.get("ref")
    ref = ref if isinstance(ref, Mapping) else {}
    if ref.get("type") == "ref/prompt" and isinstance(ref.get("name"), str):
        prompt = _prompt(registry, ref["name"])
        found = next((argument for argument in prompt.arguments if argument.name == name), None)
        if found is None:
            raise Failure(INVALID_PARAMS, f"The prompt {prompt.name} has no argument {name[:100]}.")
        return found.complete if usable(access, prompt.scopes) else None
    if ref.get("type") == "ref/resource" and isinstance(ref.get("uri"), str):
        resource = next((one for one in registry.resources if one.uri == ref["uri"]), None)
        if resource is None:
            raise Failure(INVALID_PARAMS, "There is no resource template with this uri.", {"uri": ref["uri"][:500]})
        return resource.completions.get(name) if usable(access, resource.scopes) else None
    raise Failure(INVALID_PARAMS, "ref has to be a ref/prompt with a name, or a ref/resource with a uri.")


def _with_state(message: Message, call: CallContext) -> CallContext:
    return call.with_state(request_state.verify_state(call.access, message.method, message.params))


def _resource(registry: Registry, uri: str, message: Message) -> tuple[Resource, dict[str, str]]:
    for resource in registry.resources:
        variables = resource.variables_of(uri)
        if variables is not None:
            return resource, variables
    raise _no_resource(message, uri, "There is no resource with this uri.")


def _no_resource(message: Message, uri: str, detail: str) -> Failure:
    return Failure(OLD_RESOURCE_NOT_FOUND if message.is_legacy else INVALID_PARAMS, detail, {"uri": uri[:500]})


def _prompt(registry: Registry, name: str) -> Prompt:
    if name not in registry.prompts:
        raise Failure(INVALID_PARAMS, f"There is no prompt {name[:100]}; prompts/list names those you may use.")
    return registry.prompts[name]


def _prompt_arguments(prompt: Prompt, given: Mapping[str, Any]) -> dict[str, str]:
    known = [argument.name for argument in prompt.arguments]
    missing = [argument.name for argument in prompt.arguments if argument.required and argument.name not in given]
    unknown = [name for name in given if name not in known]
    if missing or unknown or not all(isinstance(value, str) for value in given.values()):
        names = ", ".join(known) or "none"
        raise Failure(INVALID_PARAMS, f"The prompt {prompt.name} takes these arguments, as texts: {names}.", {"missing": missing})
    return dict(given)


def _require_text(message: Message, name: str) -> str:
    value = message.params.get(name)
    if not isinstance(value, str):
        raise Failure(INVALID_PARAMS, f"params.{name} has to be a text.")
    return value


def _arguments(message: Message) -> Mapping[str, Any]:
    arguments = read_object_text(message.params.get("arguments"))
    if not isinstance(arguments, Mapping | None):
        raise Failure(INVALID_PARAMS, "params.arguments has to be an object.")
    return arguments or {}


def _cursor(message: Message) -> str | None:
    cursor = message.params.get("cursor")
    if not isinstance(cursor, str | None):
        raise invalid_cursor()
    return cursor or None


def _require_first_page(message: Message) -> None:
    """These lists have one page, so any cursor is invalid."""
    if _cursor(message) is not None:
        raise invalid_cursor()


def _cached(result: Result, ttl_ms: int, scope: str) -> Result:
    return {**result, "ttlMs": ttl_ms, "cacheScope": scope}


def _for_revision(version: str, result: Result) -> Result:
    """2025-03-26 has no structured content, so that its text holds the data."""
    if version != OLDEST or "structuredContent" not in result:
        return result
    structured = msgspec.json.encode(result["structuredContent"]).decode()
    return {**{name: value for name, value in result.items() if name != "structuredContent"}, "content": [text(structured)]}


_Method = Callable[[Registry, Message, CallContext], Result | MessageStream]

_SHARED: dict[str, _Method] = {
    "tools/list": _list_tools,
    "tools/call": _call_tool,
    "resources/list": _list_resources,
    "resources/templates/list": _list_templates,
    "resources/read": _read_resource,
    "prompts/list": _list_prompts,
    "prompts/get": _get_prompt,
    "completion/complete": _complete,
}
_METHODS = {"server/discover": _discover, **_SHARED}
_OLD_METHODS: dict[str, _Method] = {
    "initialize": _initialize,
    "ping": _ping,
    "logging/setLevel": _set_level,
    "resources/subscribe": _check_resource,
    "resources/unsubscribe": _check_resource,
    **_SHARED,
}
