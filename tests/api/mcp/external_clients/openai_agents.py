"""OpenAI's Agents SDK: tools of an MCP server in strict mode, each of which has to become strict."""

import json
from typing import Any

import anyio
from agents import Agent, RunContextWrapper
from agents.mcp import MCPServerStreamableHttp, MCPUtil
from agents.tool_context import ToolContext

from tests.api.mcp.external_clients.strict_calls import HEADERS, URL, call_filled_in


async def main() -> None:
    async with MCPServerStreamableHttp({"url": URL, "headers": HEADERS}) as server:
        context = RunContextWrapper(None)
        found = await MCPUtil.get_all_function_tools([server], True, context, Agent(name="judge"))
        tools = {tool.name: tool for tool in found if tool.strict_json_schema}

        async def call(name: str, arguments: dict[str, Any]) -> Any:
            text = json.dumps(arguments)
            called = ToolContext(None, tool_name=name, tool_call_id="call_1", tool_arguments=text)
            return await tools[name].on_invoke_tool(called, text)

        await call_filled_in({name: tool.params_json_schema for name, tool in tools.items()}, call)


anyio.run(main)
