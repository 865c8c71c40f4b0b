"""Settings, read once from the environment. A bad value stops the start and is named."""

import ipaddress
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qs, urlsplit

from calmboard.extensions import Extension

_PERIODS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}
_UNITS = {"MB": 10**6, "GB": 10**9}
_REDIS_SCHEMES = ("redis", "rediss", "unix")
# Those of redis-py that an operator needs; it would refuse any other at the first request.
_TLS_OPTIONS = ("ssl_ca_certs", "ssl_ca_path", "ssl_cert_reqs", "ssl_certfile", "ssl_check_hostname", "ssl_keyfile")
_REDIS_OPTIONS = frozenset(("client_name", "db", "password", "username", *_TLS_OPTIONS))
_LOOPBACK_NAMES = ("localhost", str(ipaddress.IPv4Address(0)))


class SettingsError(Exception):
    """A setting cannot be used; the message names it and says what it takes."""


@dataclass(frozen=True, slots=True)
class RateLimit:
    """So many requests in so many seconds."""

    amount: int
    seconds: int

    def __str__(self) -> str:
        return f"{self.amount:,} a {_period_name(self.seconds)}"


@dataclass(frozen=True, slots=True)
class Kept:
    """How much is kept, and for how long."""

    activity_days: int
    project_files_bytes: int
    person_files_bytes: int


def _period_name(seconds: int) -> str:
    return next(name for name, length in _PERIODS.items() if length == seconds)


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment decides. Paths are absolute; URLs have no trailing slash."""

    origin: str
    port: int
    instance_dir: Path
    files_dir: Path
    secret_key: str
    encryption_keys: tuple[str, ...]
    database_url: str
    database_replica_url: str | None
    rate_storage_url: str | None
    queue_url: str | None
    rates: Mapping[str, RateLimit]
    rate_failures: RateLimit
    refresh_grace_s: int
    kept: Kept
    cors_origins: tuple[str, ...]
    outgoing_allow: tuple[IPv4Network | IPv6Network, ...]
    trusted_proxies: int
    demo_password: str | None
    billing_url: str | None
    contact_url: str | None
    security_contact: str | None
    github_keys_url: str | None
    smtp_url: str | None

    @property
    def host(self) -> str:
        return urlsplit(self.origin).netloc

    @property
    def is_https(self) -> bool:
        return self.origin.startswith("https://")

    @property
    def is_development(self) -> bool:
        """A loopback origin: nobody but the person at this machine can reach it."""
        return is_loopback(urlsplit(self.origin).hostname or "")


SETTINGS: Extension[Settings] = Extension("settings")


def current_settings() -> Settings:
    """The settings of the app that is at work."""
    return SETTINGS.get()


def is_loopback(hostname: str) -> bool:
    if hostname in _LOOPBACK_NAMES or hostname.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(hostname).is_loopback
    except ValueError:
        return False


def read_settings(environment: Mapping[str, str] = os.environ, instance_dir: Path | None = None) -> Settings:
    """Read every setting; raises SettingsError for the first one that cannot be used."""
    values = {name: value.strip() for name, value in environment.items() if value.strip()}
    directory = (instance_dir or Path(values.get("CALMBOARD_INSTANCE_DIR", "instance"))).resolve()
    origin = _origin(values)
    return Settings(
        origin=origin,
        port=_port(values),
        instance_dir=directory,
        files_dir=Path(values.get("CALMBOARD_FILES_DIR", directory / "files")).resolve(),
        **_secrets(values, directory, origin),
        database_url=_database_url(values, directory),
        database_replica_url=_database_replica_url(values),
        rate_storage_url=_url(values, "CALMBOARD_RATE_STORAGE_URL", "redis", "rediss", "unix"),
        queue_url=_url(values, "CALMBOARD_QUEUE_URL", "redis", "rediss", "unix", "postgresql", "sqlite"),
        rates=_rates(values),
        rate_failures=_rate_limit(values, "CALMBOARD_RATE_FAILURES", "30/minute"),
        refresh_grace_s=_integer(values, "CALMBOARD_REFRESH_GRACE_S", 60, 0, 3600),
        kept=_kept(values),
        cors_origins=_origins(values, "CALMBOARD_CORS_ORIGINS"),
        outgoing_allow=_networks(values, "CALMBOARD_OUTGOING_ALLOW"),
        trusted_proxies=_integer(values, "CALMBOARD_TRUSTED_PROXIES", 0, 0, 10),
        demo_password=values.get("CALMBOARD_DEMO_PASSWORD"),
        **_links(values),
        smtp_url=_url(values, "CALMBOARD_SMTP_URL", "smtp", "smtps"),
    )


def _links(values: Mapping[str, str]) -> dict[str, Any]:
    """Where people are sent about their plan, and whoever finds a fault."""
    return {
        "billing_url": _url(values, "CALMBOARD_BILLING_URL", "http", "https"),
        "contact_url": _url(values, "CALMBOARD_CONTACT_URL", "mailto", "https", "http"),
        "security_contact": _url(values, "CALMBOARD_SECURITY_CONTACT", "mailto", "https"),
        "github_keys_url": _github_keys_url(values),
    }


def _github_keys_url(values: Mapping[str, str]) -> str | None:
    """Where GitHub's public keys are; None where its reports of found secrets are not taken."""
    if values.get("CALMBOARD_GITHUB_SECRET_SCANNING") == "1":
        return "https://api.github.com/meta/public_keys/secret_scanning"
    return _url(values, "CALMBOARD_GITHUB_SECRET_SCANNING", "https")


def _rates(values: Mapping[str, str]) -> dict[str, RateLimit]:
    """The rate limit of each paid plan."""
    return {
        "pro": _rate_limit(values, "CALMBOARD_RATE_PRO", "600/minute"),
        "business": _rate_limit(values, "CALMBOARD_RATE_BUSINESS", "3000/minute"),
    }


def _kept(values: Mapping[str, str]) -> Kept:
    return Kept(
        activity_days=_integer(values, "CALMBOARD_ACTIVITY_DAYS", 400, 1, 36500),
        project_files_bytes=_size(values, "CALMBOARD_FILES_PROJECT_LIMIT", "5GB"),
        person_files_bytes=_size(values, "CALMBOARD_FILES_PERSON_LIMIT", "1GB"),
    )


def _port(values: Mapping[str, str]) -> int:
    return _integer(values, "PORT", 8000, 1, 65535)


def _origin(values: Mapping[str, str]) -> str:
    name = "CALMBOARD_PUBLIC_URL"
    text = values.get(name, f"http://127.0.0.1:{_port(values)}").rstrip("/")
    parts = _split(name, text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SettingsError(f"{name} is “{text}”; it takes an address such as https://calmboard.example.")
    if parts.path or parts.query or parts.fragment or parts.username:
        raise SettingsError(f"{name} is “{text}”; it takes scheme, host and port alone, with no path.")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise SettingsError(f"{name} is “{text}”; a public address needs https.")
    return text.lower().removesuffix(":443" if parts.scheme == "https" else ":80")


def _secrets(values: Mapping[str, str], directory: Path, origin: str) -> dict[str, Any]:
    """What signs, and what encrypts at rest."""
    is_development = is_loopback(urlsplit(origin).hostname or "")
    return {"secret_key": _secret_key(values, directory, is_development), "encryption_keys": _encryption_keys(values)}


def _secret_key(values: Mapping[str, str], directory: Path, development: bool) -> str:
    name = "CALMBOARD_SECRET_KEY"
    key = values.get(name)
    if key is None and not development:
        raise SettingsError(f"{name} is not set; outside development it takes at least 32 random characters.")
    if key is not None and len(key) < 32:
        raise SettingsError(f"{name} is {len(key)} characters long; it takes at least 32.")
    return key or _load_or_create_secret(directory / "secret-key")


def _encryption_keys(values: Mapping[str, str]) -> tuple[str, ...]:
    name = "CALMBOARD_ENCRYPTION_KEYS"
    keys = tuple(part.strip() for part in values.get(name, "").split(",") if part.strip())
    if any(len(key) < 32 for key in keys):
        raise SettingsError(f"{name} holds a key of less than 32 characters; it takes keys separated by commas, newest first.")
    return keys


def _load_or_create_secret(path: Path) -> str:
    """A key created once and stored, so that sessions survive a restart in development."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text()
    secret = secrets.token_hex(32)
    with os.fdopen(descriptor, "w") as file:
        file.write(secret)
    return secret


def _database_url(values: Mapping[str, str], directory: Path) -> str:
    return _url(values, "CALMBOARD_DATABASE_URL", "sqlite", "postgresql") or f"sqlite:///{directory / 'calmboard.db'}"


def _database_replica_url(values: Mapping[str, str]) -> str | None:
    name, primary = "CALMBOARD_DATABASE_REPLICA_URL", "CALMBOARD_DATABASE_URL"
    if name in values and not values.get(primary, "").startswith("postgresql://"):
        raise SettingsError(f"{name} is set, but {primary} is no postgresql:// address; only PostgreSQL has replicas.")
    return _url(values, name, "postgresql")


def _url(values: Mapping[str, str], name: str, *schemes: str) -> str | None:
    text = values.get(name)
    if text is None:
        return None
    parts = _split(name, text)
    if parts.scheme not in schemes:
        # It may hold a password, so it is not repeated.
        raise SettingsError(f"{name} takes an address that starts with {' or '.join(map(_start_of, schemes))}.")
    if parts.scheme in _REDIS_SCHEMES and (unknown := parse_qs(parts.query, keep_blank_values=True).keys() - _REDIS_OPTIONS):
        raise SettingsError(f"{name} has no option {min(unknown)[:40]}; it takes {', '.join(sorted(_REDIS_OPTIONS))}.")
    return text


def _start_of(scheme: str) -> str:
    return "mailto:" if scheme == "mailto" else f"{scheme}://"


def _split(name: str, text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        _ = parts.port  # reading the port is what checks it
    except ValueError:
        raise SettingsError(f"{name} is not an address; it takes one such as https://calmboard.example.") from None
    return parts


def _rate_limit(values: Mapping[str, str], name: str, default: str) -> RateLimit:
    text = values.get(name, default)
    match = re.fullmatch(r"([1-9]\d{0,8})/(second|minute|hour|day)", text)
    if match is None:
        raise SettingsError(f"{name} is “{text}”; it takes a number, a slash and second, minute, hour or day, such as {default}.")
    return RateLimit(int(match[1]), _PERIODS[match[2]])


def _size(values: Mapping[str, str], name: str, default: str) -> int:
    """In bytes."""
    text = values.get(name, default)
    match = re.fullmatch(r"([1-9]\d{0,5})(MB|GB)", text)
    if match is None:
        raise SettingsError(f"{name} is “{text}”; it takes a whole number and MB or GB, such as {default}.")
    return int(match[1]) * _UNITS[match[2]]


def _origins(values: Mapping[str, str], name: str) -> tuple[str, ...]:
    """Origins as browsers send them: scheme, host and a port that is not the scheme's own."""
    origins = tuple(part.strip().lower() for part in values.get(name, "").split(",") if part.strip())
    for text in origins:
        parts = _split(name, text)
        if (
            parts.scheme not in ("http", "https")
            or not parts.hostname
            or text != f"{parts.scheme}://{parts.netloc}"
            or parts.username
        ):
            raise SettingsError(f"{name} holds “{text}”; it takes origins separated by commas, such as https://agent.example.")
    return origins


def _networks(values: Mapping[str, str], name: str) -> tuple[IPv4Network | IPv6Network, ...]:
    text = values.get(name, "")
    try:
        return tuple(ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError:
        raise SettingsError(f"{name} is “{text}”; it takes networks separated by commas, such as 10.0.0.0/8.") from None


def _integer(values: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    text = values.get(name, str(default))
    if not re.fullmatch(r"\d{1,9}", text) or not least <= int(text) <= most:
        raise SettingsError(f"{name} is “{text}”; it takes a whole number from {least} to {most}.")
    return int(text)
