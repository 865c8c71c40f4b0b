"""Who imports whom: nothing upward, nothing sideways between interfaces, nothing in a circle."""

from collections.abc import Iterator
from pathlib import Path

from tests.house.rules.circles import find_circles
from tests.house.rules.order import (
    CORE,
    ENTRIES,
    FLASK_APP_MODULES,
    FLASK_APP_NAMES,
    HTTP_PACKAGES,
    INTERFACES,
    ROOMS,
    SHARED,
    SIDE_BY_SIDE,
)
from tests.house.rules.source import imported_modules, product_modules


def import_breaches(root: Path) -> list[str]:
    """A sentence for each import that goes up, between interfaces, or from calmboard to HTTP."""
    modules = product_modules(root).values()
    return [breach for module in modules for name in module.imports for breach in _breaches_of(module.name, name)]


def rooms_without_order(root: Path) -> list[str]:
    """A sentence for each room of which nobody has said yet what it lies upon."""
    rooms = {(package, room) for package in ROOMS for name in product_modules(root) if (room := _room(package, name))}
    return [
        f"{package}.{room} has no place in the order: add it to ROOMS in tests/house/rules/order.py"
        for package, room in sorted(rooms)
        if room not in ROOMS[package]
    ]


def circle_breaches(root: Path) -> list[str]:
    """A sentence for each circle of modules, and of rooms in one package."""
    imports = imported_modules(product_modules(root))
    packages = {package for name in imports for package in _packages_around(name)}.difference(SIDE_BY_SIDE)
    graphs = (imports, *(_rooms(package, imports) for package in packages))
    circles = {tuple(circle) for graph in graphs for circle in find_circles(graph)}
    return [f"{', '.join(circle)} import each other: move what both need below both" for circle in sorted(circles)]


def _breaches_of(module: str, name: str) -> list[str]:
    rules = (_sideways(module, name), _outward(module, name), *(_upward(package, module, name) for package in ROOMS))
    return [f"{module} imports {name}: {rule}" for rule in rules if rule]


def _sideways(module: str, name: str) -> str | None:
    here, there = _top(module), _top(name)
    if here in INTERFACES and there in INTERFACES and here != there:
        return "interfaces never import each other"
    if here not in ENTRIES and there in ENTRIES:
        return "only that file imports every interface"
    return None


def _outward(module: str, name: str) -> str | None:
    here, there = _top(module), _top(name)
    if here == SHARED and there in INTERFACES:
        return "web imports no interface"
    if here != CORE:
        return None
    if there in (*INTERFACES, SHARED):
        return "calmboard imports no interface"
    return "calmboard imports no HTTP" if there in HTTP_PACKAGES and not _is_flask_app(module, name) else None


def _upward(package: str, module: str, name: str) -> str | None:
    """What is wrong about an import inside one package whose rooms have an order."""
    order, here, there = ROOMS[package], _room(package, module), _room(package, name)
    if here not in order or there not in order:
        return None
    return "a room imports only those below it" if order.index(there) < order.index(here) else None


def _room(package: str, name: str) -> str | None:
    """The room of a package in which a module or a name is; None for what is outside, and for the package itself."""
    inside = name.removeprefix(f"{package}.")
    return inside.split(".")[0] if inside != name else None


def _rooms(package: str, imports: dict[str, set[str]]) -> dict[str, set[str]]:
    """The rooms of a package that each of them imports."""
    rooms: dict[str, set[str]] = {}
    for module, imported in imports.items():
        if (here := _room(package, module)) is not None:
            there = {f"{package}.{room}" for name in imported if (room := _room(package, name)) not in (None, here)}
            rooms.setdefault(f"{package}.{here}", set()).update(there)
    return rooms


def _packages_around(name: str) -> Iterator[str]:
    """`api.mcp` and `api` for a module of `api.mcp`."""
    while package := name.rpartition(".")[0]:
        yield package
        name = package


def _is_flask_app(module: str, name: str) -> bool:
    return module in FLASK_APP_MODULES and name.startswith(FLASK_APP_NAMES)


def _top(name: str) -> str:
    return name.split(".")[0]
