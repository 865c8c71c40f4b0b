"""Settings: each has a default that runs, and a value that cannot be used stops the start and is named."""

import stat
from pathlib import Path

import pytest

from calmboard.settings import Kept, RateLimit, Settings, SettingsError, read_settings

LONG_KEY = "0123456789abcdef0123456789abcdef"


def read(tmp_path: Path, **environment: str) -> Settings:
    return read_settings(environment, tmp_path)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("PORT", "http", "a whole number from 1 to 65535"),
        ("PORT", "0", "a whole number from 1 to 65535"),
        ("PORT", "65536", "a whole number from 1 to 65535"),
        ("PORT", "-1", "a whole number from 1 to 65535"),
        ("CALMBOARD_PUBLIC_URL", "calmboard.example", "an address such as https://calmboard.example"),
        ("CALMBOARD_PUBLIC_URL", "ftp://calmboard.example", "an address such as https://calmboard.example"),
        ("CALMBOARD_PUBLIC_URL", "https://", "an address such as https://calmboard.example"),
        ("CALMBOARD_PUBLIC_URL", "https://calmboard.example/portal", "with no path"),
        ("CALMBOARD_PUBLIC_URL", "https://calmboard.example?a=1", "with no path"),
        ("CALMBOARD_PUBLIC_URL", "https://me@calmboard.example", "scheme, host and port alone"),
        ("CALMBOARD_PUBLIC_URL", "http://calmboard.example", "a public address needs https"),
        ("CALMBOARD_PUBLIC_URL", "https://calmboard.example:99999", "not an address"),
        ("CALMBOARD_PUBLIC_URL", "https://[::1", "not an address"),
        ("CALMBOARD_SECRET_KEY", "short", "at least 32"),
        ("CALMBOARD_DATABASE_URL", "mysql://localhost/calmboard", "sqlite:// or postgresql://"),
        ("CALMBOARD_DATABASE_URL", "calmboard.db", "sqlite:// or postgresql://"),
        ("CALMBOARD_DATABASE_REPLICA_URL", "postgresql://replica/calmboard", "only PostgreSQL has replicas"),
        ("CALMBOARD_RATE_STORAGE_URL", "memcached://localhost", "redis://"),
        ("CALMBOARD_RATE_STORAGE_URL", "rediss://cache.example?ssl_ca_cert=/etc/ca.pem", "ssl_ca_certs"),
        ("CALMBOARD_QUEUE_URL", "amqp://localhost", "redis://"),
        ("CALMBOARD_QUEUE_URL", "redis://cache.example/0?timeout=5", "no option timeout"),
        ("CALMBOARD_RATE_PRO", "600", "such as 600/minute"),
        ("CALMBOARD_RATE_PRO", "0/minute", "such as 600/minute"),
        ("CALMBOARD_RATE_PRO", "600/fortnight", "such as 600/minute"),
        ("CALMBOARD_RATE_BUSINESS", "many/minute", "such as 3000/minute"),
        ("CALMBOARD_RATE_FAILURES", "-1/minute", "such as 30/minute"),
        ("CALMBOARD_ACTIVITY_DAYS", "0", "a whole number from 1 to 36500"),
        ("CALMBOARD_FILES_PROJECT_LIMIT", "5", "such as 5GB"),
        ("CALMBOARD_FILES_PERSON_LIMIT", "0GB", "such as 1GB"),
        ("CALMBOARD_TRUSTED_PROXIES", "yes", "a whole number from 0 to 10"),
        ("CALMBOARD_TRUSTED_PROXIES", "11", "a whole number from 0 to 10"),
        ("CALMBOARD_BILLING_URL", "mailto:sales@calmboard.example", "http:// or https://"),
        ("CALMBOARD_SMTP_URL", "mail.calmboard.example", "smtp:// or smtps://"),
    ],
)
def test_a_value_that_cannot_be_used_is_named_with_what_is_taken(tmp_path: Path, name: str, value: str, sentence: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        read(tmp_path, **{name: value})
    assert str(refusal.value).startswith(name)
    assert sentence in str(refusal.value)


def test_a_secret_key_that_is_too_short_is_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as refusal:
        read(tmp_path, CALMBOARD_SECRET_KEY="hunter2hunter2")
    assert "hunter2" not in str(refusal.value)


def test_nothing_has_to_be_set_on_a_development_machine(tmp_path: Path) -> None:
    settings = read(tmp_path)
    assert settings.origin == "http://127.0.0.1:8000"
    assert settings.is_development
    assert settings.database_url == f"sqlite:///{tmp_path / 'calmboard.db'}"
    assert settings.kept == Kept(activity_days=400, project_files_bytes=5_000_000_000, person_files_bytes=1_000_000_000)
    assert settings.rates == {"pro": RateLimit(600, 60), "business": RateLimit(3000, 60)}
    assert settings.rate_failures == RateLimit(30, 60)


def test_an_empty_value_counts_as_unset(tmp_path: Path) -> None:
    assert read(tmp_path, PORT=" ", CALMBOARD_SMTP_URL="") == read(tmp_path)


def test_the_port_is_part_of_the_default_address(tmp_path: Path) -> None:
    assert read(tmp_path, PORT="8123").origin == "http://127.0.0.1:8123"


@pytest.mark.parametrize(
    "url", ["http://localhost:8000", "http://127.0.0.1", "http://[::1]:8000", "http://0.0.0.0:8000", "http://calm.localhost"]
)
def test_a_loopback_address_means_development(tmp_path: Path, url: str) -> None:
    assert read(tmp_path, CALMBOARD_PUBLIC_URL=url).is_development


@pytest.mark.parametrize("url", ["https://calmboard.example:443", "https://CalmBoard.example/"])
def test_an_address_is_written_as_browsers_write_origins(tmp_path: Path, url: str) -> None:
    given = {"CALMBOARD_PUBLIC_URL": url, "CALMBOARD_SECRET_KEY": "s" * 32}
    assert read_settings(given, tmp_path).origin == "https://calmboard.example"


def test_a_public_address_means_production(tmp_path: Path) -> None:
    settings = read(tmp_path, CALMBOARD_PUBLIC_URL="https://Calmboard.example/", CALMBOARD_SECRET_KEY=LONG_KEY)
    assert not settings.is_development
    assert settings.is_https
    assert settings.origin == "https://calmboard.example"


def test_production_needs_a_secret_key(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="CALMBOARD_SECRET_KEY is not set"):
        read(tmp_path, CALMBOARD_PUBLIC_URL="https://calmboard.example")


def test_the_secret_key_of_a_development_machine_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    assert read(tmp_path).secret_key == read(tmp_path).secret_key
    assert stat.S_IMODE((tmp_path / "secret-key").stat().st_mode) == 0o600


def test_two_machines_never_share_a_secret_key(tmp_path: Path) -> None:
    assert read(tmp_path / "one").secret_key != read(tmp_path / "two").secret_key
