"""The order of cards in a column: ten digits in base 62, which compare as text."""

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_WIDTH, _STEP = 10, 62**4


def rank_below(last: str) -> str:
    """A rank behind that of the last card, with room for others between them."""
    number = 0
    for digit in last[:_WIDTH]:
        number = number * 62 + _DIGITS.index(digit)
    return _encode(number + _STEP)


def _encode(number: int) -> str:
    digits = []
    for _ in range(_WIDTH):
        number, digit = divmod(number, 62)
        digits.append(_DIGITS[digit])
    return "".join(reversed(digits))


FIRST_RANK = _encode(62**_WIDTH // 2)
