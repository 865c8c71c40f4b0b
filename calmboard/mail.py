"""Mail: by SMTP, or as a file for each message where no server is set."""

import os
import smtplib
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import default
from email.utils import format_datetime, make_msgid
from pathlib import Path
from types import MappingProxyType
from urllib.parse import SplitResult, unquote, urlsplit

from calmboard.clock import now
from calmboard.ids import new_id
from calmboard.settings import Settings

_TIMEOUT_S = 15
# RFC 5322, section 2.1.1: lines may be as long, and an address in a header is not to be broken.
_POLICY = default.clone(max_line_length=998)


def send(
    settings: Settings,
    to: str,
    subject: str,
    text: str,
    headers: Mapping[str, str] = MappingProxyType({}),
    html: str | None = None,
) -> None:
    """Send one person a message in plain text, and as HTML beside it where that is given, with further headers.

    Raises SMTPException or OSError where that fails.
    """
    message = _build_message(settings, to, subject, text, html)
    for name, value in headers.items():
        message[name] = value
    if settings.smtp_url is None:
        _write_file(settings.instance_dir / "mail", message)
        return
    with _smtp_connection(urlsplit(settings.smtp_url)) as smtp:
        smtp.send_message(message, to_addrs=[to])


def _build_message(settings: Settings, to: str, subject: str, text: str, html: str | None) -> EmailMessage:
    domain = "localhost" if settings.is_development else urlsplit(settings.origin).hostname or "localhost"
    message = EmailMessage(_POLICY)
    message["From"] = f"CalmBoard <no-reply@{domain}>"
    message["To"] = to
    message["Subject"] = subject
    message["Date"] = format_datetime(now())
    message["Message-ID"] = make_msgid(domain=domain)
    message["Auto-Submitted"] = "auto-generated"
    # Plain ASCII is sent as 7bit; otherwise a long link would be broken over lines by the encoding.
    message.set_content(text, cte="7bit" if text.isascii() else "quoted-printable")
    if html is not None:
        message.add_alternative(html, subtype="html", cte="quoted-printable")
    return message


def _write_file(directory: Path, message: EmailMessage) -> None:
    """Write the message under another name first, so that a reader of the directory never finds half of it."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = directory / f"{new_id('mail')}.eml"
    temporary_path = path.with_suffix(".part")
    with os.fdopen(os.open(temporary_path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(bytes(message))
    temporary_path.rename(path)


@contextmanager
def _smtp_connection(server: SplitResult) -> Iterator[smtplib.SMTP]:
    """A connection that is encrypted wherever the server offers it, and signed in where the address names a user."""
    host, tls_context = server.hostname or "localhost", ssl.create_default_context()
    with (
        smtplib.SMTP_SSL(host, server.port or 465, timeout=_TIMEOUT_S, context=tls_context)
        if server.scheme == "smtps"
        else smtplib.SMTP(host, server.port or 25, timeout=_TIMEOUT_S)
    ) as smtp:
        smtp.ehlo()
        if server.scheme == "smtp" and smtp.has_extn("starttls"):
            smtp.starttls(context=tls_context)
        if server.username:
            smtp.login(unquote(server.username), unquote(server.password or ""))
        yield smtp
