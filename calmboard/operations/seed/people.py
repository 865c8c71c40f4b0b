"""The demo people, and the one password they share."""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from calmboard.settings import Settings

_WORDS = (
    "amber", "anchor", "aspen", "basket", "birch", "breeze", "bridge", "candle", "canyon", "cedar", "cliff", "clover",
    "cobalt", "copper", "coral", "cotton", "crane", "delta", "dune", "ember", "falcon", "fern", "fjord", "flint",
    "garnet", "ginger", "glacier", "harbour", "hazel", "heron", "indigo", "island", "ivory", "jasper", "juniper", "kelp",
    "lagoon", "lantern", "lichen", "linen", "maple", "marble", "meadow", "mint", "moss", "nutmeg", "oak", "olive",
    "opal", "orchard", "pebble", "pepper", "pine", "plum", "quartz", "quill", "raven", "reed", "river", "saffron",
    "sage", "slate", "sparrow", "spruce", "tansy", "thistle", "tide", "timber", "topaz", "tulip", "umber", "velvet",
    "walnut", "willow", "wren", "yarrow",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """Somebody whom the projects call by `slug`, the first part of their e-mail address."""

    slug: str
    name: str
    plan: str

    @property
    def email(self) -> str:
        return f"{self.slug}@calmboard.test"


PEOPLE = (
    DemoPerson("owner", "Ana Ruiz", "pro"),
    DemoPerson("member", "Jonas Weber", "pro"),
    DemoPerson("viewer", "Priya Nair", "pro"),
    DemoPerson("outsider", "Tomas Novak", "pro"),
    DemoPerson("free", "Mei Tanaka", "free"),
)


def demo_password(settings: Settings) -> str:
    """The password for the demo people: the one that is set, or one created once and stored in instance/demo-password."""
    return settings.demo_password or _load_or_create_password(settings.instance_dir / "demo-password")


def _load_or_create_password(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    password = "-".join(secrets.choice(_WORDS) for _ in range(5))
    with os.fdopen(descriptor, "w") as file:
        file.write(f"{password}\n")
    return password
