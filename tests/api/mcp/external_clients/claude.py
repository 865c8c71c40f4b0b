"""Anthropic's SDK: its own conversion of MCP tools, of their schemas to strict ones, and its calls."""

import anyio
from anthropic import transform_schema
from anthropic.lib.tools.mcp import async_mcp_tool

from tests.api.mcp.external_clients.strict_calls import call_filled_in, open_session


async def main() -> None:
    async with open_session() as session:
        tools = {tool.name: async_mcp_tool(tool, session, strict=True) for tool in (await session.list_tools()).tools}
        schemas = {name: transform_schema(dict(tool.to_dict()["input_schema"])) for name, tool in tools.items()}
        await call_filled_in(schemas, lambda name, arguments: tools[name].call(arguments))


anyio.run(main)
