"""The page about imports shows the mappings that the tests use, and its sum is the sum."""

import re
from pathlib import Path

import pytest

from indicast.ledger.exports._dates import PATTERNS
from indicast.ledger.exports._mapping import Condition, Mapping, SourceRule

pytestmark = pytest.mark.content

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "importing.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["acled", "gdelt"])
def test_the_page_shows_the_tested_mapping(name):
    tested = (ROOT / "tests" / "fixtures" / "imports" / f"{name}.toml").read_text(encoding="utf-8")
    assert tested in re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)


def test_the_page_names_every_key_condition_and_form():
    keys = {*Mapping.model_fields} - {"layout"}
    told = {one for one in keys if re.search(rf"`\[*{one}[.\]`<]", PAGE)}
    assert told == keys
    for word in (*Condition.model_fields, *SourceRule.model_fields, *PATTERNS):
        assert f"`{word}`" in PAGE
