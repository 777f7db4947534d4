"""Words about milestones become Beta priors of the chance within a horizon.

Invariant: the prior of every judgement is the declared Beta of its word
(``tests/unit/test_milestones.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from indicast import names
from indicast.elicit._prior import Prior
from indicast.errors import WorkspaceError, one_of

if TYPE_CHECKING:
    from indicast.elicit._constants import Constant
    from indicast.workspace import Framework

PAIR = 2


def milestone_prior(path: Path, framework: Framework, words: Constant) -> Prior:
    """Return the prior of P(done within the horizon | scenario) of every judgement.

    Parameters
    ----------
    path
        ``hyperparameters.toml``, for messages.
    framework
        Holds the judgements.
    words
        ``constants.milestone_words``: alpha and beta of each word.

    Raises
    ------
    WorkspaceError
        If a word is not declared, or its numbers are no Beta distribution.
    """
    table = word_table(path, words)
    missing = {judgement.word for judgement in framework.judgements} - set(table)
    if missing:
        message = (
            f"{framework.priors_folder / 'milestones.csv'}: word {one_of(missing)} is not known; "
            f"{path}: constants.milestone_words has {one_of(table)}"
        )
        raise WorkspaceError(message)
    pairs = np.array([table[judgement.word] for judgement in framework.judgements])
    arguments = {"alpha": pairs[:, 0], "beta": pairs[:, 1]}
    return Prior(names.MILESTONE_CHANCE, (names.JUDGEMENT,), "Beta", arguments, words.source, words.reason)


def word_table(path: Path, words: Constant) -> dict[str, tuple[float, float]]:
    """Return alpha and beta of each declared word.

    Raises
    ------
    WorkspaceError
        If an entry is no pair of positive numbers.
    """
    if not isinstance(words.value, Mapping):
        message = f"{path}: constants.milestone_words.value must be a table of words, got {words.value!r}"
        raise WorkspaceError(message)
    return {str(word): _pair(path, str(word), value) for word, value in words.value.items()}


def _pair(path: Path, word: str, value: object) -> tuple[float, float]:
    numbers = value if isinstance(value, list) else []
    if len(numbers) != PAIR or not all(type(number) in {int, float} and 0 < number < np.inf for number in numbers):
        message = f"{path}: constants.milestone_words.{word} must be [alpha, beta], both above 0, got {value!r}"
        raise WorkspaceError(message)
    return float(numbers[0]), float(numbers[1])
