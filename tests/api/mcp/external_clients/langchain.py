"""LangChain's MCP adapter, and its conversion to OpenAI's strict tools."""

import anyio
from langchain_core.utils.function_calling import convert_to_openai_tool
from langchain_mcp_adapters.client import MultiServerMCPClient

from tests.api.mcp.external_clients.strict_calls import HEADERS, URL, call_filled_in


async def main() -> None:
    client = MultiServerMCPClient({"calmboard": {"transport": "streamable_http", "url": URL, "headers": HEADERS}})
    tools = {tool.name: tool for tool in await client.get_tools()}
    schemas = {name: convert_to_openai_tool(tool, strict=True)["function"]["parameters"] for name, tool in tools.items()}
    await call_filled_in(schemas, lambda name, arguments: tools[name].ainvoke(arguments))


anyio.run(main)
