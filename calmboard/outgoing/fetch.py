"""Outgoing requests to addresses that others chose: to public addresses only, limited in time and size, without redirects."""

import time
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from http.client import HTTPException
from threading import BoundedSemaphore, Thread

import requests
from AntiSSRF import AntiSSRFError, AntiSSRFPolicy, PolicyConfigOptions
from urllib3.exceptions import HTTPError

from calmboard.errors import Unavailable
from calmboard.extensions import Extension
from calmboard.outgoing.refused_networks import Network, refused_networks

TIMEOUT_S = 5
MAX_READERS = 16

_READERS = BoundedSemaphore(MAX_READERS)
_TOO_MANY = "Too many descriptions of applications are being read at once. Try again in a moment."

Fetch = Callable[[str, int], bytes]
"""Reads a JSON document: address, maximum of bytes. Raises OutgoingRefused; Unavailable where too many are being read."""


class OutgoingRefused(Exception):
    """The address may not be requested, did not respond in time, or responded with something else."""


FETCH: Extension[Fetch] = Extension("fetch")


def make_fetch(allowed: tuple[Network, ...] = (), timeout_s: float = TIMEOUT_S) -> Fetch:
    """Make the function that reads documents; `allowed` networks count as public (CALMBOARD_OUTGOING_ALLOW).

    The address is resolved once and connected to as resolved, so that a name cannot point
    elsewhere between the check and the connection.
    """

    def fetch(url: str, max_bytes: int) -> bytes:
        try:
            return _read_with_timeout(partial(_read, url, max_bytes, allowed, timeout_s), timeout_s)
        except (OSError, HTTPException, HTTPError, AntiSSRFError, ValueError) as error:
            raise OutgoingRefused(f"The document cannot be read: {type(error).__name__}.") from error

    return fetch


def _read_with_timeout(read: Callable[[], bytes], timeout_s: float) -> bytes:
    """Run a reader with a timeout; raises TimeoutError, and Unavailable where too many readers are still waiting.

    DNS resolution has no timeout, so the reader is left behind in a thread of its own.
    """
    if not _READERS.acquire(blocking=False):
        raise Unavailable(_TOO_MANY)
    future: Future[bytes] = Future()
    try:
        Thread(target=_set_result, args=(future, read), name="reader", daemon=True).start()
    except RuntimeError as error:
        _READERS.release()
        raise Unavailable(_TOO_MANY) from error
    return future.result(timeout_s)


def _set_result(future: Future[bytes], read: Callable[[], bytes]) -> None:
    try:
        future.set_result(read())
    except BaseException as error:
        future.set_exception(error)
    finally:
        _READERS.release()


def _read(url: str, max_bytes: int, allowed: tuple[Network, ...], timeout_s: float) -> bytes:
    deadline_s = time.monotonic() + timeout_s
    session = _policy(allowed).get_antissrf_session()
    session.trust_env = False  # no proxy and no netrc of ours for an address of theirs
    headers = {"Accept": "application/json"}
    with (
        session,
        session.get(url, headers=headers, timeout=timeout_s, allow_redirects=False, stream=True) as response,
    ):
        if response.status_code != 200 or _media_type(response) != "application/json":
            raise OutgoingRefused("The address does not answer with a JSON document.")
        return _read_body(response, max_bytes, deadline_s)


def _policy(allowed: tuple[Network, ...]) -> AntiSSRFPolicy:
    policy = AntiSSRFPolicy(PolicyConfigOptions.EXTERNAL_ONLY_LATEST)
    policy.add_xff_header = False
    policy.add_denied_addresses([str(network) for network in refused_networks()])
    if allowed:
        policy.add_allowed_addresses([str(network) for network in allowed])
    return policy


def _media_type(response: requests.Response) -> str:
    return response.headers.get("Content-Type", "").partition(";")[0].strip().lower()


def _read_body(response: requests.Response, max_bytes: int, deadline_s: float) -> bytes:
    """In chunks: a server that sends a byte now and then would otherwise never time out."""
    body = b""
    while chunk := response.raw.read1(max_bytes + 1, decode_content=True):
        body += chunk
        if len(body) > max_bytes:
            raise OutgoingRefused(f"The document is larger than {max_bytes} bytes.")
        if time.monotonic() > deadline_s:
            raise OutgoingRefused("The document takes too long.")
    return body
