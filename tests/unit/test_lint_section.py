"""A limit of [lint] that departs from its default has a reason."""

import inspect
import re

import pytest
from pydantic import ValidationError

from indicast.workspace import Declaration

LINT = Declaration.model_fields["lint"].annotation
LIMITS = sorted(set(LINT.model_fields) - {"reason", "printed_labels", "lexicon"})


def test_nothing_need_be_given():
    assert LINT() == LINT.model_validate({})


@pytest.mark.parametrize("name", LIMITS)
def test_a_limit_without_a_reason_is_refused(name):
    value = LINT.model_fields[name].default or 0.05
    with pytest.raises(ValidationError, match=re.escape(f"{name} is given without a reason; add lint.reason")):
        LINT.model_validate({name: value})
    assert getattr(LINT.model_validate({name: value, "reason": "our habit"}), name) == value


def test_every_limit_says_what_it_is_and_why():
    for name in LIMITS:
        assert re.search(rf"^{name}$", inspect.getdoc(LINT), re.MULTILINE), name


@pytest.mark.parametrize(
    "wrong",
    [{"label_error": 0.0}, {"label_error": 1.0}, {"publisher_share": 1.0}, {"years_before": 0}, {"unit_edits": -1}],
)
def test_an_impossible_limit_is_refused(wrong):
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        LINT.model_validate(wrong | {"reason": "a test"})
