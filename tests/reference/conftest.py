"""The two worlds that most reference tests run on."""

import pytest


@pytest.fixture(params=["harbour", "flagship"])
def world(request: pytest.FixtureRequest):
    return request.getfixturevalue(request.param)
