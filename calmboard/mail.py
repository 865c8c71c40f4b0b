"""Mail: by SMTP, or as a file for each letter where no server is set."""

import os
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from calmboard.db import now
from calmboard.ids import new_id
from calmboard.settings import Settings

_TIMEOUT_S = 15


def send(settings: Settings, to: str, subject: str, text: str) -> None:
    """Send one person a letter of plain text. Raises SMTPException or OSError where it could not be handed over."""
    letter = _letter(settings, to, subject, text)
    if settings.smtp_url is None:
        _keep(settings.instance_dir / "mail", letter)
        return
    with _connected(urlsplit(settings.smtp_url)) as smtp:
        smtp.send_message(letter, to_addrs=[to])


def _letter(settings: Settings, to: str, subject: str, text: str) -> EmailMessage:
    domain = "localhost" if settings.is_development else urlsplit(settings.origin).hostname or "localhost"
    letter = EmailMessage()
    letter["From"] = f"CalmBoard <no-reply@{domain}>"
    letter["To"] = to
    letter["Subject"] = subject
    letter["Date"] = format_datetime(now())
    letter["Message-ID"] = make_msgid(domain=domain)
    letter["Auto-Submitted"] = "auto-generated"
    # Plain ASCII goes as it is; otherwise a long link would be broken over lines by the encoding.
    letter.set_content(text, cte="7bit" if text.isascii() else None)
    return letter


def _keep(directory: Path, letter: EmailMessage) -> None:
    """Write the letter under another name first, so that whoever watches the directory finds it whole."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = directory / f"{new_id('mail')}.eml"
    unfinished = path.with_suffix(".part")
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(bytes(letter))
    unfinished.rename(path)


@contextmanager
def _connected(server: SplitResult) -> Iterator[smtplib.SMTP]:
    """A connection that is encrypted wherever the server offers it, and signed in where the address names a user."""
    host, trusted = server.hostname or "localhost", ssl.create_default_context()
    with (
        smtplib.SMTP_SSL(host, server.port or 465, timeout=_TIMEOUT_S, context=trusted)
        if server.scheme == "smtps"
        else smtplib.SMTP(host, server.port or 25, timeout=_TIMEOUT_S)
    ) as smtp:
        smtp.ehlo()
        if server.scheme == "smtp" and smtp.has_extn("starttls"):
            smtp.starttls(context=trusted)
        if server.username:
            smtp.login(unquote(server.username), unquote(server.password or ""))
        yield smtp
