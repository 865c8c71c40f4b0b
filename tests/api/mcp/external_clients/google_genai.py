"""google-genai: its own conversion of MCP tools, and its adapter's calls."""

import anyio
from google.genai._adapters import McpToGenAiToolAdapter
from google.genai.types import FunctionCall

from tests.api.mcp.external_clients.strict_calls import call_filled_in, open_session


async def main() -> None:
    async with open_session() as session:
        adapter = McpToGenAiToolAdapter(session, await session.list_tools())
        declared = [declaration for tool in adapter.tools for declaration in tool.function_declarations]
        schemas = {one.name: one.parameters.model_dump(mode="json") for one in declared}
        await call_filled_in(schemas, lambda name, arguments: adapter.call_tool(FunctionCall(name=name, args=arguments)))


anyio.run(main)
