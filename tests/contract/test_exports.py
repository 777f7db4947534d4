"""What a room offers is what its ``__all__`` lists: sorted, without repetition, and all of it there."""

import importlib
from pathlib import Path

import pytest

import indicast

PACKAGE = Path(indicast.__file__).parent


def written_packages() -> list[str]:
    """Return the packages whose ``__init__`` says anything, as dotted names."""
    return [
        ".".join([PACKAGE.name, *path.parent.relative_to(PACKAGE).parts])
        for path in sorted(PACKAGE.rglob("__init__.py"))
        if path.read_text(encoding="utf-8").strip()
    ]


def reading_order(name: str) -> tuple[int, str]:
    """Order names as ruff's RUF022 does: constants, then classes, then everything else."""
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[0].isupper() else 2
    return kind, name


@pytest.mark.parametrize("package", written_packages())
def test_package_lists_what_it_offers_in_order(package: str):
    module = importlib.import_module(package)
    assert hasattr(module, "__all__"), f"{package} has no __all__"
    assert list(module.__all__) == sorted(set(module.__all__), key=reading_order)


@pytest.mark.parametrize("package", written_packages())
def test_every_listed_name_resolves(package: str):
    module = importlib.import_module(package)
    for name in module.__all__:
        if not hasattr(module, name):
            importlib.import_module(f"{package}.{name}")  # a public module of a room that imports it late


def test_order_is_constants_then_classes_then_functions():
    names = ["find_root", "Framework", "MARKS", "__version__", "Declaration"]
    assert sorted(names, key=reading_order) == ["MARKS", "Declaration", "Framework", "__version__", "find_root"]
