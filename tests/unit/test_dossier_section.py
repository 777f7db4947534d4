"""A part of the dossier that could not be computed says why and is no pass."""

import pytest

from indicast.errors import RunError
from indicast.publish.dossier import not_computed

pytestmark = pytest.mark.unit


def test_what_was_not_computed_is_no_pass_and_says_why():
    part = not_computed("influence", "Influence", "Which rows decide?", RunError("no group log_likelihood; fit again"))
    assert part.verdict == "not computed"
    assert "no group log_likelihood; fit again" in part.conclusion
    assert not part.figures
    assert not part.data
