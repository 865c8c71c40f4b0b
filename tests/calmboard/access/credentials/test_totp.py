"""Codes that change with time, by the vectors of their standards."""

from datetime import UTC, datetime

import pytest

from calmboard.access.credentials.totp import code_at, enrolment_uri, step_of

_SECRET = b"12345678901234567890"


# RFC 6238, appendix B, those of SHA-1.
@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_a_moment_has_the_code_of_the_standard(seconds: int, code: str) -> None:
    assert code_at(_SECRET, seconds // 30, digits=8) == code


# RFC 4226, appendix D.
@pytest.mark.parametrize(("step", "code"), [(0, "755224"), (1, "287082"), (2, "359152"), (3, "969429"), (9, "520489")])
def test_a_step_has_the_code_of_the_standard(step: int, code: str) -> None:
    assert code_at(_SECRET, step) == code


@pytest.mark.parametrize(("drift", "is_taken"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_the_neighbouring_codes_are_taken_and_no_others(drift: int, is_taken: bool) -> None:
    at = datetime.fromtimestamp(1234567890, UTC)
    step = 1234567890 // 30 + drift
    assert step_of(_SECRET, code_at(_SECRET, step), at) == (step if is_taken else None)


@pytest.mark.parametrize("code", ["", "1", "1234567", "٣٤٥٦٧٨", "abcdef", "287 82"])
def test_what_is_no_code_fits_nothing(code: str) -> None:
    assert step_of(_SECRET, code, datetime.now(UTC)) is None


def test_the_address_for_the_camera_holds_any_account() -> None:
    uri = enrolment_uri("JBSWY3DP", "ana+x@harbour.example")
    assert uri == "otpauth://totp/CalmBoard:ana%2Bx%40harbour.example?secret=JBSWY3DP&issuer=CalmBoard"
