"""The names that applications gave themselves, as sentences show them: short, and nothing but what can be read."""

import unicodedata

# Anybody may call an application by 200 signs; on a phone more than this would push out of sight what it asks for.
_MAX_SHOWN = 60
NAMELESS = "An application without a name"

_MOST_MARKS = 2
# Letters and symbols to Unicode, and blank to the eye: the fillers of Hangul and the empty pattern of Braille.
_BLANK = dict.fromkeys(map(ord, "\u115f\u1160\u3164\uffa0\u2800"), " ")
# What is written from right to left turns round what follows, unless it is kept apart (Unicode, UAX 9).
_APART = "\u2068{}\u2069"


def shown_name(name: str) -> str:
    """The beginning of a long name, without blanks in a row, without piles of accents and without what nobody sees."""
    short = f"{_cleaned(name)[: _MAX_SHOWN - 1].rstrip()}…" if is_cut(name) else _cleaned(name)
    return _APART.format(short) if _runs_left(short) else short or NAMELESS


def is_cut(name: str) -> bool:
    """Whether `shown_name` leaves out the end of a name."""
    return len(_cleaned(name)) > _MAX_SHOWN


def _cleaned(name: str) -> str:
    return " ".join(_without_piles(_without_orders(name.translate(_BLANK))).split())


def _without_orders(name: str) -> str:
    """Without the signs that only turn, hide or join others; the end of a line stays, and is a blank."""
    return "".join(sign for sign in name if sign.isspace() or unicodedata.category(sign) not in ("Cc", "Cf"))


def _without_piles(name: str) -> str:
    kept, marks = "", 0
    for sign in name:
        marks = marks + 1 if unicodedata.category(sign) in ("Mn", "Me") else 0
        kept += sign if marks <= _MOST_MARKS else ""
    return kept


def _runs_left(name: str) -> bool:
    return any(unicodedata.bidirectional(sign) in ("R", "AL") for sign in name)
