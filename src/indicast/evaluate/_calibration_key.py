"""What a calibration certificate is a certificate of, as one hash.

It covers structure, priors, table, judged milestones and the code of the mathematics: whatever
changes the joint distribution of parameters and data, or how draws are made. It leaves out
what does not: names, reasons and sources, layout, lexicons, gates, comments and docstrings,
and the ledger, which grows every month.

Invariant: a changed number of a prior changes the key, a changed reason does not
(``tests/unit/test_calibration_key.py``).
"""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from indicast.elicit import Hyperparameters
    from indicast.workspace import Framework

STRUCTURE = ("start", "directions", "coverage", "scenarios", "indicators", "slants")
"""Parts of ``model.toml`` on which the mathematics depends."""
WORDS = frozenset({"name", "short", "aliases", "description", "reason", "unfed", "source"})
"""Keys that only people read."""
CODE = ("generative", "panel", "infer/_compile.py", "infer/_fit.py")
"""Rooms and modules of the package that make data, density and draws."""
OTHER_CODE = frozenset({"generative/card.py", "generative/lite.py"})
"""Modules of those rooms that do not."""


def calibration_key(framework: Framework, hyperparameters: Hyperparameters) -> str:
    """Return the SHA-256 of everything that a certificate vouches for."""
    declared = framework.declaration.model_dump(mode="json")
    content = {
        "structure": {name: without_words(declared[name]) for name in STRUCTURE},
        "groups": list(framework.groups),
        "table": [framework.table.expected, framework.table.marks, asdict(framework.table.ratings)],
        "milestones": [without_words(asdict(one)) for one in framework.judgements],
        "priors": {name: [p.distribution, p.dims, p.arguments] for name, p in hyperparameters.priors.items()},
        "constants": {name: constant.value for name, constant in hyperparameters.constants.items()},
        "coords": hyperparameters.coords,
        "code": code_digest(Path(__file__).parents[1]),
    }
    return digest(content)


def without_words(value: object) -> object:
    """Return a nested value without the keys that only people read.

    Examples
    --------
    >>> without_words({"id": "a", "name": "A", "feeds": [{"kind": "event", "reason": "why"}]})
    {'id': 'a', 'feeds': [{'kind': 'event'}]}
    """
    if isinstance(value, Mapping):
        return {key: without_words(one) for key, one in value.items() if key not in WORDS}
    if isinstance(value, list | tuple):
        return [without_words(one) for one in value]
    return value


def digest(content: object) -> str:
    """Return the SHA-256 of nested values and arrays.

    Examples
    --------
    >>> digest({"a": 1, "b": np.array([1.0])}) == digest({"b": [1.0], "a": 1})
    True
    """
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=_plain).encode()).hexdigest()


def _plain(value: object) -> Any:  # noqa: ANN401  # JSON's own types
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if isinstance(value, Mapping):
        return dict(value)
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return str(value)


@cache
def code_digest(package: Path) -> str:
    """Return the SHA-256 of the code that a certificate vouches for, comments and docstrings aside."""
    found = hashlib.sha256()
    for part in CODE:
        path = package / part
        for source in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            name = source.relative_to(package).as_posix()
            if name not in OTHER_CODE:
                found.update(name.encode() + bare_code(source.read_text(encoding="utf-8")).encode())
    return found.hexdigest()


def bare_code(text: str) -> str:
    r"""Return Python code in one layout, without comments and docstrings.

    Examples
    --------
    >>> bare_code('''def f(x):
    ...     "What it does."
    ...     return (x+1)  # why''')
    'def f(x):\n    return x + 1'
    """
    tree = ast.parse(text)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and len(body) > 1:
            node.body = [one for one in body if not _is_text(one)]  # type: ignore[attr-defined]  # it has a body
    return ast.unparse(tree)


def _is_text(node: ast.AST) -> bool:
    """Whether a statement is nothing but a text: a docstring of a function, class or constant."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
