"""A mail server for tests: speaks enough SMTP (RFC 5321), STARTTLS and AUTH PLAIN to accept a message."""

import socketserver
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from tests.support.servers.programs import find_program


@dataclass
class SmtpServer:
    """What it received. `busy` is how many more messages it rejects for now.

    With `held_at`, RCPT or DATA, it answers the next such command only once `may_answer` is set; `is_holding` says that it came.
    """

    busy: int = 0
    certificate: Path | None = None
    held_at: str = ""
    port: int = 0
    is_holding: threading.Event = field(default_factory=threading.Event)
    may_answer: threading.Event = field(default_factory=threading.Event)
    messages: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The text of the one message."""
        (message,) = self.messages
        return str(message.get_content())


@contextmanager
def running_smtp_server(busy: int = 0, certificate: Path | None = None, held_at: str = "") -> Iterator[SmtpServer]:
    """With a certificate, which holds its key too, it offers STARTTLS."""
    state = SmtpServer(busy, certificate, held_at)
    handler = type("Handler", (_Conversation,), {"state": state})
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        state.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield state
        finally:
            state.may_answer.set()
            server.shutdown()


def make_certificate(directory: Path) -> Path:
    """A certificate for localhost, signed by itself, in one file with its key."""
    key, certificate = directory / "key.pem", directory / "certificate.pem"
    arguments = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    arguments += ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([find_program("openssl", "openssl"), *arguments], check=True, capture_output=True)
    certificate.write_text(certificate.read_text() + key.read_text())
    return certificate


class _Conversation(socketserver.StreamRequestHandler):
    state: SmtpServer

    def handle(self) -> None:
        self.reply("220 ready")
        while line := self.rfile.readline():
            command = line.decode().strip()
            self.state.commands.append(command)
            verb = command.partition(" ")[0].upper()
            if verb == "QUIT":
                return self.reply("221 bye")
            getattr(self, f"on_{verb.lower()}", self.accept)(command)
        return None

    def finish(self) -> None:
        super().finish()
        self.connection.close()  # the encrypted one, which the server does not know

    def on_ehlo(self, _command: str) -> None:
        offers_tls = self.state.certificate is not None and not isinstance(self.connection, ssl.SSLSocket)
        self.reply("250-here", *(["250-STARTTLS"] if offers_tls else []), "250 AUTH PLAIN")

    def on_starttls(self, _command: str) -> None:
        self.reply("220 go ahead")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(str(self.state.certificate))
        try:
            self.connection = context.wrap_socket(self.connection, server_side=True)
        except ssl.SSLError:  # the other side does not trust the certificate
            return
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", buffering=0)

    def on_auth(self, _command: str) -> None:
        self.reply("235 welcome")

    def hold(self, verb: str) -> None:
        if self.state.held_at == verb:
            self.state.held_at = ""
            self.state.is_holding.set()
            self.state.may_answer.wait()

    def on_rcpt(self, command: str) -> None:
        self.hold("RCPT")
        if self.state.busy:
            self.state.busy -= 1
            return self.reply("450 busy, come back later")
        self.state.recipients.append(command.partition(":")[2].strip("<>"))
        return self.accept(command)

    def on_data(self, _command: str) -> None:
        self.reply("354 go on")
        lines = iter(self.rfile.readline, b".\r\n")
        self.state.messages.append(message_from_bytes(b"".join(lines), policy=policy.default))
        self.hold("DATA")
        self.reply("250 taken")

    def accept(self, _command: str) -> None:
        self.reply("250 ok")

    def reply(self, *lines: str) -> None:
        with suppress(ConnectionError):  # the other side may have died
            self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())
