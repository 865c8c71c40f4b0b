"""The log of requests: each call of the API and of the MCP server by a credential, with the decision that was made on it."""

from calmboard.access.request_log.writer import REQUEST_LOG, RequestLog

__all__ = ["REQUEST_LOG", "RequestLog"]
