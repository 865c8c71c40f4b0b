"""How texts are compared where their case and form do not count: after NFKC and full case folding."""

from unicodedata import normalize


def fold(text: str) -> str:
    """Toward NFKC_Casefold of the Unicode standard, section 3.13; twice, since either step can undo the other."""
    once = normalize("NFKC", normalize("NFD", text).casefold())
    return normalize("NFKC", once.casefold())


def find_folded(text: str, folded: str) -> int:
    """Where in a text something begins that folds to this; -1 where nothing does, or only across characters that compose."""
    parts = [fold(character) for character in text]
    position = "".join(parts).find(folded)
    if position < 0:
        return -1
    length = 0
    for index, part in enumerate(parts):
        length += len(part)
        if length > position:
            return index
    return -1
