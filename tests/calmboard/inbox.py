"""A mailbox for tests behind a mail server that others wrote (aiosmtpd)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller

from tests.support.servers.programs import free_port


@dataclass
class Inbox:
    """The messages that it took, in order."""

    port: int
    messages: list[EmailMessage] = field(default_factory=list)

    @property
    def only(self) -> EmailMessage:
        (message,) = self.messages
        return message

    @property
    def plain(self) -> str:
        return self._part("plain")

    @property
    def html(self) -> str:
        return self._part("html")

    def _part(self, kind: str) -> str:
        part = self.only.get_body([kind])
        assert part
        return str(part.get_content())


@dataclass
class _Server:
    inbox: Inbox

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 -- aiosmtpd's name
        self.inbox.messages.append(message_from_bytes(envelope.original_content, policy=policy.default))
        return "250 taken"


@contextmanager
def running_inbox() -> Iterator[Inbox]:
    inbox = Inbox(free_port())
    controller = Controller(_Server(inbox), hostname="127.0.0.1", port=inbox.port)
    controller.start()
    try:
        yield inbox
    finally:
        controller.stop()
