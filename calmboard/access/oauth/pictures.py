"""Pictures of applications: whatever was uploaded, what is shown is a square that we drew."""

from io import BytesIO
from threading import Lock

MAX_BYTES = 1_000_000
SIDE = 128
# A small file may hold a picture that fills the memory, and many at once may.
_MAX_PIXELS = 16_000_000
_ONE_AT_A_TIME = Lock()
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
_REFUSAL = "Choose a PNG, JPEG, WebP or GIF picture of at most 1 MB."
_TOO_MANY = "The picture has more than 16 million dots. Choose a smaller one."


class UnreadablePicture(ValueError):
    """The message is for whoever uploaded it."""


def draw_again(uploaded: bytes) -> bytes:
    """The middle of the picture as a PNG of 128 by 128, upright, without anything else that the file held; of a moving one
    its beginning. Raises UnreadablePicture.
    """
    if not 0 < len(uploaded) <= MAX_BYTES:
        raise UnreadablePicture(_REFUSAL)
    try:
        with _ONE_AT_A_TIME:
            return _square(uploaded)
    except UnreadablePicture:
        raise
    # Each format has its own ways to break, and its decoder its own errors for them: none of them is ours.
    except Exception:
        raise UnreadablePicture(_REFUSAL) from None


def _square(uploaded: bytes) -> bytes:
    # Few processes ever draw a picture.
    from PIL import Image, ImageOps

    with Image.open(BytesIO(uploaded), formats=_FORMATS) as picture:
        if picture.width * picture.height > _MAX_PIXELS:
            raise UnreadablePicture(_TOO_MANY)
        # A large photo is decoded no larger than it is needed.
        picture.draft("RGB", (2 * SIDE, 2 * SIDE))
        ImageOps.exif_transpose(picture, in_place=True)
        square = ImageOps.fit(picture.convert("RGBA"), (SIDE, SIDE))
    drawn = BytesIO()
    Image.frombytes(square.mode, square.size, square.tobytes()).save(drawn, "PNG", optimize=True)
    return drawn.getvalue()
