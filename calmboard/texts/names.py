"""Names and titles: one line each, whoever sends them and however."""

import re

# In one line or several, these make a text show as something else: control characters, and what turns the direction of others.
_UNREADABLE = r"\u0000-\u0008\u000e-\u001f\u007f-\u0084\u0086-\u009f\u202a-\u202e\u2066-\u2069"
# Spaces, joiners and direction marks are invisible; line ends and tabs become blanks.
_INVISIBLE = r"\u0009-\u000d\u0020\u0085\u00a0\u00ad\u2000-\u200f\u2028\u2029\u202f\u205f-\u2065\u206a-\u206f\u3000\ufeff"
ONE_LINE = rf"^[^{_UNREADABLE}]*[^{_UNREADABLE}{_INVISIBLE}][^{_UNREADABLE}]*$"

# The same for people.
ONE_LINE_RULE = "No control characters, and none that turn the direction of others."

# Marks of direction, which names may hold for scripts that need them, turn what stands beside them too.
_TURNING = re.compile(rf"[{_UNREADABLE}\u061c\u200e\u200f]")
_QUOTES = re.compile(r"[\"\u00ab\u00bb\u201c-\u201f\u2039\u203a]")
# Between these, mail programs would find an address or a link.
_LINKING = re.compile(r"(?<=:)(?=//)|(?<=[.@])(?=[^\W\d_])")
_MAX_QUOTED = 80

_BREAKS = re.compile(r"\s*[\t\n\v\f\r\x85\u2028\u2029]\s*")


def one_line(text: str) -> str:
    """A name as it is stored: without blanks at its ends, a blank for each break of the line and each tab."""
    return _BREAKS.sub(" ", text).strip()


def quoted(name: str) -> str:
    """A name in a text for strangers: one line in quotation marks, which it cannot end, cut short and no link, whatever it is."""
    text = without_links(_QUOTES.sub("'", name))
    return f"“{text if len(text) <= _MAX_QUOTED else text[: _MAX_QUOTED - 1].rstrip() + '…'}”"


def without_links(text: str) -> str:
    """What a stranger wrote, in one line in which mail programs find no address."""
    return _LINKING.sub(" ", _TURNING.sub("", one_line(text)))
