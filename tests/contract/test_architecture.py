"""The package is a one-way street of small rooms that know nothing about any one model.

Each rule is a function from a package's folder to its violations. The rules hold for the package itself,
and each of them finds the violations that are planted for it.
"""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

import indicast

PACKAGE = Path(indicast.__file__).parent
NAME = "indicast"

LEVELS = (
    ("workspace",),
    ("ledger", "elicit"),
    ("panel",),
    ("generative",),
    ("infer",),
    ("forecast",),
    ("explain", "evaluate"),
    ("publish",),
    ("cli",),
)
LEVEL = {room: level for level, rooms in enumerate(LEVELS) for room in rooms}
SHARED = ("errors", "names")
ROOT_MODULES = ("__init__", "__main__", *SHARED)

EMPTY_NAMES = {"util", "utils", "helper", "helpers", "common", "misc", "manager", "managers"}
# Stems of words that belong to a workspace. "putin" also stands in "computing", hence its borders.
SUBJECTS = re.compile(r"belarus|russia|minsk|moscow|kremlin|lukashenk|ukrain|(?<![a-z])putin(?!g)", re.IGNORECASE)
LONGEST_MODULE = 399
LONGEST_FUNCTION = 79


class Import(NamedTuple):
    place: str
    source: str
    target: str

    @property
    def room(self) -> str:
        return self.source.split(".")[0]

    @property
    def target_room(self) -> str:
        return self.target.split(".")[0]


def modules(package: Path) -> list[Path]:
    return sorted(package.rglob("*.py"))


def place(package: Path, path: Path, line: int) -> str:
    return f"{path.relative_to(package).as_posix()}:{line}"


def dotted(package: Path, path: Path) -> str:
    """Return the module's name below the package; an ``__init__`` keeps its own part."""
    return ".".join(path.relative_to(package).with_suffix("").parts)


def imported(node: ast.AST, parent: str) -> list[str]:
    """Return the absolute names that a node imports; `parent` is the package that relative imports start from."""
    match node:
        case ast.Import(names=names):
            return [alias.name for alias in names]
        case ast.ImportFrom(module=module, names=names, level=level):
            base = parent.split(".")[: len(parent.split(".")) - level + 1] if level else []
            origin = ".".join([*base, *([module] if module else [])])
            return [f"{origin}.{alias.name}" for alias in names]
        case ast.Call(func=ast.Attribute(attr="import_module") | ast.Name(id="import_module" | "__import__")):
            first = node.args[0] if node.args else None
            return [first.value] if isinstance(first, ast.Constant) and isinstance(first.value, str) else []
        case _:
            return []


def imports(package: Path) -> Iterator[Import]:
    """Yield every import of one part of the package by another, at whatever depth it stands."""
    for path in modules(package):
        source = dotted(package, path)
        parent = ".".join([NAME, *source.split(".")[:-1]])
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for target in imported(node, parent):
                if target.startswith(f"{NAME}."):
                    yield Import(place(package, path, node.lineno), source, target.removeprefix(f"{NAME}."))


def upward_imports(package: Path) -> list[str]:
    found = []
    for one in imports(package):
        if one.target_room not in LEVEL or one.room == one.target_room:
            continue
        if one.room in LEVEL:
            wrong = LEVEL[one.target_room] >= LEVEL[one.room]
        else:
            wrong = (one.room, one.target_room) != ("__main__", "cli")
        if wrong:
            found.append(f"{one.place}: {one.room} may not import {one.target_room}")
    return found


def private_imports(package: Path) -> list[str]:
    return [
        f"{one.place}: {one.target} is private to {one.target_room}"
        for one in imports(package)
        if one.room != one.target_room and any(re.match(r"_(?!_)", part) for part in one.target.split("."))
    ]


def unknown_rooms(package: Path) -> list[str]:
    firsts = {path.relative_to(package).parts[0] for path in modules(package)}
    known = {*LEVEL, *(f"{module}.py" for module in ROOT_MODULES)}
    return [f"{first}: not a declared room or shared module" for first in sorted(firsts - known)]


def empty_names(package: Path) -> list[str]:
    return [
        f"{dotted(package, path)}: a name without an idea"
        for path in modules(package)
        if EMPTY_NAMES & set(re.split(r"[._]", dotted(package, path).lower()))
    ]


def named_subjects(package: Path) -> list[str]:
    found = []
    for path in sorted(package.rglob("*")):
        if path.is_dir() or "__pycache__" in path.parts:
            continue
        lines = [path.relative_to(package).as_posix(), *path.read_text(encoding="utf-8", errors="replace").splitlines()]
        for number, line in enumerate(lines):
            found += [f"{place(package, path, number)}: names {word}" for word in SUBJECTS.findall(line)]
    return found


def long_modules(package: Path) -> list[str]:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in modules(package)}
    return [
        f"{dotted(package, path)}: {length} lines, at most {LONGEST_MODULE}"
        for path, length in lengths.items()
        if length > LONGEST_MODULE
    ]


def body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count a function's lines from its ``def`` on, apart from its docstring."""
    lines = (node.end_lineno or node.lineno) - node.lineno + 1
    first = node.body[0]
    if ast.get_docstring(node) is not None:
        lines -= (first.end_lineno or first.lineno) - first.lineno + 1
    return lines


def long_functions(package: Path) -> list[str]:
    return [
        f"{place(package, path, node.lineno)}: {node.name} has {body_lines(node)} lines, at most {LONGEST_FUNCTION}"
        for path in modules(package)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and body_lines(node) > LONGEST_FUNCTION
    ]


RULES = (upward_imports, private_imports, unknown_rooms, empty_names, named_subjects, long_modules, long_functions)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_package_keeps(rule: Callable[[Path], list[str]]):
    assert rule(PACKAGE) == []


SOUND = {
    "__init__.py": "",
    "__main__.py": "from indicast.cli import main\n",
    "errors.py": "",
    "names.py": "",
    "workspace/__init__.py": "from indicast.workspace._framework import Framework\nfrom indicast import __version__\n",
    "workspace/_framework.py": "from ..errors import IndicastError\n",
    "panel/__init__.py": "def f():\n    from indicast import names, workspace\n    from indicast.ledger import read\n",
    "cli/__init__.py": "'''Parallel computing.'''\nimport indicast.publish.figures\nfrom . import _words\n",
    "cli/_words.py": "def long():\n    '''" + "\n" * 200 + "'''\n" + "    x = 1\n" * (LONGEST_FUNCTION - 1),
}

PLANTED = [
    (upward_imports, "workspace/_a.py", "from indicast.ledger import read"),
    (upward_imports, "workspace/_a.py", "import indicast.cli"),
    (upward_imports, "panel/_a.py", "def f():\n    from indicast import forecast"),
    (upward_imports, "panel/_a.py", "from ..infer import fit"),
    (upward_imports, "panel/deep/_a.py", "from ... import infer"),
    (upward_imports, "panel/_a.py", "importlib.import_module('indicast.publish')"),
    (upward_imports, "ledger/_a.py", "from indicast.elicit import prior"),
    (upward_imports, "elicit/_a.py", "from indicast.ledger import read"),
    (upward_imports, "explain/_a.py", "from indicast.evaluate import score"),
    (upward_imports, "evaluate/_a.py", "from indicast.explain import waterfall"),
    (upward_imports, "names.py", "from indicast.workspace import Framework"),
    (upward_imports, "errors.py", "from indicast.panel import build"),
    (upward_imports, "__init__.py", "from indicast.panel import build"),
    (private_imports, "cli/_a.py", "from indicast.panel._panel import build"),
    (private_imports, "cli/_a.py", "from indicast.panel import _panel"),
    (private_imports, "cli/_a.py", "import indicast.panel._panel"),
    (private_imports, "cli/_a.py", "from ..panel._panel import build"),
    (unknown_rooms, "extras/__init__.py", ""),
    (unknown_rooms, "plots.py", ""),
    (empty_names, "panel/_utils.py", ""),
    (empty_names, "panel/plot_helpers.py", ""),
    (empty_names, "panel/common/_a.py", ""),
    (named_subjects, "panel/_a.py", "# as in Belarus"),
    (named_subjects, "panel/_a.py", "russian_forces = 1"),
    (named_subjects, "panel/_a.py", "'''Vladimir PUTIN.'''"),
    (named_subjects, "panel/belarus.html", "<p></p>"),
    (named_subjects, "publish/report.html", "<p>MINSK</p>"),
    (long_modules, "panel/_a.py", "x = 1\n" * (LONGEST_MODULE + 1)),
    (long_functions, "panel/_a.py", "def f():\n    '''Docstring.'''\n" + "    x = 1\n" * LONGEST_FUNCTION),
    (long_functions, "panel/_a.py", "class A:\n    async def f(self):\n" + "        x = 1\n" * LONGEST_FUNCTION),
]


def plant(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_rule_accepts_a_sound_package(rule: Callable[[Path], list[str]], tmp_path: Path):
    assert rule(plant(tmp_path, SOUND)) == []


@pytest.mark.parametrize(("rule", "name", "text"), PLANTED)
def test_rule_finds_a_planted_violation(rule: Callable[[Path], list[str]], name: str, text: str, tmp_path: Path):
    found = rule(plant(tmp_path, {**SOUND, name: text}))
    assert len(found) == 1, found
    assert name.removesuffix(".py").split("/")[0] in found[0]


def test_every_rule_has_a_planted_violation():
    assert {rule for rule, _, _ in PLANTED} == set(RULES)
