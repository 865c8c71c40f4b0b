"""pydantic-ai: a toolset of an MCP server, its conversions for OpenAI and Google, and an agent's calls."""

from typing import Any

import anyio
from pydantic_ai import Agent
from pydantic_ai.mcp import MCPToolset
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart, ToolReturnPart
from pydantic_ai.models.function import AgentInfo, FunctionModel
from pydantic_ai.profiles.google import GoogleJsonSchemaTransformer
from pydantic_ai.profiles.openai import OpenAIJsonSchemaTransformer

from tests.api.mcp.external_clients.strict_calls import HEADERS, URL, call_filled_in


async def main() -> None:
    async with MCPToolset(URL, headers=HEADERS) as toolset:
        schemas: dict[str, Any] = {}

        async def call(name: str, arguments: dict[str, Any]) -> Any:
            def answer(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
                returned = [part for part in messages[-1].parts if isinstance(part, ToolReturnPart)]
                schemas.update({tool.name: tool.parameters_json_schema for tool in info.function_tools})
                return ModelResponse([TextPart(str(returned[0].content)) if returned else ToolCallPart(name, arguments)])

            return (await Agent(FunctionModel(answer), toolsets=[toolset]).run("Do it.")).output

        await call("list_projects", {})
        for schema in schemas.values():
            GoogleJsonSchemaTransformer(schema).walk()
        strict = {name: OpenAIJsonSchemaTransformer(schema, strict=True).walk() for name, schema in schemas.items()}
        await call_filled_in(strict, call)


anyio.run(main)
