"""Messages reach their recipient: by SMTP, encrypted where the server can, or as a file."""

import smtplib
import ssl
import stat
from collections.abc import Callable
from dataclasses import replace
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from calmboard import mail
from calmboard.settings import Settings, read_settings
from tests.calmboard.smtp_server import make_certificate, running_smtp_server

LINK = f"https://board.calmboard.example/reset-password/{'x' * 60}"

Send = Callable[..., None]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return read_settings({}, tmp_path)


def test_without_a_server_a_message_is_a_file_that_others_cannot_read(settings: Settings) -> None:
    mail.send(settings, "ana@calmboard.test", "Hello", f"Open {LINK}\n")
    (path,) = (settings.instance_dir / "mail").iterdir()
    message = message_from_bytes(path.read_bytes(), policy=policy.default)
    assert (message["To"], message["Subject"]) == ("ana@calmboard.test", "Hello")
    assert LINK in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_the_same_message_twice_makes_two_files(settings: Settings) -> None:
    for _ in range(2):
        mail.send(settings, "ana@calmboard.test", "Hello", "Hello\n")
    assert len(list((settings.instance_dir / "mail").iterdir())) == 2


def test_a_message_goes_to_its_person_and_says_it_is_automatic(settings: Settings) -> None:
    with running_smtp_server() as server:
        mail.send(replace(settings, smtp_url=f"smtp://localhost:{server.port}"), "ana@calmboard.test", "Hello", f"Open {LINK}\n")
    (message,) = server.messages
    assert server.recipients == ["ana@calmboard.test"]
    assert server.text.strip() == f"Open {LINK}"
    assert message["From"].addresses[0].display_name == "CalmBoard"
    assert message["Auto-Submitted"] == "auto-generated"
    assert not (settings.instance_dir / "mail").exists()


def test_names_beyond_ascii_arrive_whole(settings: Settings) -> None:
    with running_smtp_server() as server:
        mail.send(replace(settings, smtp_url=f"smtp://localhost:{server.port}"), "zoe@calmboard.test", "Hello", f"Zoë: {LINK}\n")
    assert server.text.strip() == f"Zoë: {LINK}"


def test_an_address_with_a_comma_is_still_one_recipient(settings: Settings) -> None:
    with running_smtp_server() as server:
        mail.send(replace(settings, smtp_url=f"smtp://localhost:{server.port}"), '"a,b"@calmboard.test', "Hello", "Hello\n")
    assert server.recipients == ['"a,b"@calmboard.test']


def test_a_password_travels_encrypted_where_the_server_can(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = make_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with running_smtp_server(certificate=certificate) as server:
        url = f"smtp://ana:open%40sesame@localhost:{server.port}"
        mail.send(replace(settings, smtp_url=url), "ana@calmboard.test", "Hello", "Hello\n")
    verbs = [command.partition(" ")[0].upper() for command in server.commands]
    assert verbs.index("STARTTLS") < verbs.index("AUTH")
    assert len(server.messages) == 1


def test_a_certificate_that_nobody_vouches_for_gets_no_message(settings: Settings, tmp_path: Path) -> None:
    with running_smtp_server(certificate=make_certificate(tmp_path)) as server:
        url = f"smtp://ana:secret@localhost:{server.port}"
        with pytest.raises(ssl.SSLCertVerificationError):
            mail.send(replace(settings, smtp_url=url), "ana@calmboard.test", "Hello", "Hello\n")
    assert server.messages == []
    assert not any("AUTH" in command for command in server.commands)


def test_a_busy_server_is_told_from_a_message_sent(settings: Settings) -> None:
    with running_smtp_server(busy=1) as server, pytest.raises(smtplib.SMTPRecipientsRefused):
        mail.send(replace(settings, smtp_url=f"smtp://localhost:{server.port}"), "ana@calmboard.test", "Hello", "Hello\n")
