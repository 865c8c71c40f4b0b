"""The names that applications gave themselves, as they are displayed: short, and readable characters only."""

import unicodedata

# A name may have 200 characters; on a phone more than this would push the requested rights out of sight.
MAX_SHOWN_LENGTH = 60
NAMELESS = "An application without a name"

_MAX_MARKS = 2
# Letters and symbols to Unicode, and blank to the eye: the fillers of Hangul and the empty pattern of Braille.
_BLANK = dict.fromkeys(map(ord, "\u115f\u1160\u3164\uffa0\u2800"), " ")
# Right-to-left text reorders what follows it, unless it is isolated (Unicode, UAX 9).
_ISOLATED = "\u2068{}\u2069"


def shown_name(name: str) -> str:
    """The beginning of a long name, without repeated blanks, stacked accents and invisible characters."""
    short = f"{_cleaned(name)[: MAX_SHOWN_LENGTH - 1].rstrip()}…" if is_truncated(name) else _cleaned(name)
    return _ISOLATED.format(short) if _is_right_to_left(short) else short or NAMELESS


def is_truncated(name: str) -> bool:
    """Whether `shown_name` leaves out the end of a name."""
    return len(_cleaned(name)) > MAX_SHOWN_LENGTH


def plain_text(text: str) -> str:
    """What an application says of itself in one line, without what hides in it or grows over its neighbours."""
    return _cleaned(text)


def _cleaned(name: str) -> str:
    return " ".join(_without_stacked_marks(_without_format_characters(name.translate(_BLANK))).split())


def _without_format_characters(name: str) -> str:
    """Without control and format characters; the end of a line stays, and is a blank."""
    return "".join(character for character in name if character.isspace() or unicodedata.category(character) not in ("Cc", "Cf"))


def _without_stacked_marks(name: str) -> str:
    result, marks = "", 0
    for character in name:
        marks = marks + 1 if unicodedata.category(character) in ("Mn", "Me") else 0
        result += character if marks <= _MAX_MARKS else ""
    return result


def _is_right_to_left(name: str) -> bool:
    return any(unicodedata.bidirectional(character) in ("R", "AL") for character in name)
