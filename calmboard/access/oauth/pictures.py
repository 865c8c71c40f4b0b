"""Pictures of applications: whatever was uploaded, what is shown is a square that we drew."""

from io import BytesIO

MAX_BYTES = 1_000_000
SIDE = 128
# A small file may hold a picture that fills the memory.
_MAX_PIXELS = 16_000_000
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
_REFUSAL = "Choose a PNG, JPEG, WebP or GIF picture of at most 1 MB."


def draw_again(uploaded: bytes) -> bytes:
    """The middle of the picture as a PNG of 128 by 128, without anything else that the file held.

    Raises ValueError, with a sentence for whoever uploaded it.
    """
    # Few processes ever draw a picture.
    from PIL import Image, ImageOps, UnidentifiedImageError

    if len(uploaded) > MAX_BYTES:
        raise ValueError(_REFUSAL)
    try:
        with Image.open(BytesIO(uploaded), formats=_FORMATS) as picture:
            if picture.width * picture.height > _MAX_PIXELS:
                raise ValueError("The picture has more than 16 million dots. Choose a smaller one.")
            square = ImageOps.fit(picture.convert("RGBA"), (SIDE, SIDE))
    except (UnidentifiedImageError, OSError, SyntaxError, Image.DecompressionBombError):
        raise ValueError(_REFUSAL) from None
    drawn = BytesIO()
    square.save(drawn, "PNG", optimize=True)
    return drawn.getvalue()
