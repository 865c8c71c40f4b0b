"""How texts are compared where their case and form do not count: after NFKC and full case folding."""

from collections.abc import Iterable
from functools import lru_cache
from itertools import accumulate
from unicodedata import normalize


def fold(text: str) -> str:
    """Toward NFKC_Casefold of the Unicode standard, section 3.13; twice, since either step can undo the other."""
    once = normalize("NFKC", normalize("NFD", text).casefold())
    return normalize("NFKC", once.casefold())


def find_folded(text: str, words: Iterable[str]) -> int:
    """Where in a text the first of these folded words begins; 0 where none does, or only across characters that compose."""
    parts = [_fold_character(character) for character in text]
    folded = "".join(parts)
    first = min((position for word in words if (position := folded.find(word)) >= 0), default=0)
    ends = accumulate(map(len, parts))
    return next((index for index, end in enumerate(ends) if end > first), 0)


@lru_cache(4096)
def _fold_character(character: str) -> str:
    return fold(character)
