"""What ``[sbc]`` of ``model.toml`` may declare: how the calibration certificate is made."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from indicast.workspace._indicator import Frozen, Text


class CalibrationSection(Frozen):
    """Settings of simulation-based calibration, and what the certificate must show.

    ``thinned`` draws of each fit are ranked. ``level`` is the chance that a sound model is
    refused, over all tests of one certificate together. A fit with R-hat above ``rhat_max``, with
    a divergence, or that could not be made, is unsound; more than the share ``unsound_max``
    of them and there is no certificate.
    """

    simulations: int = Field(default=300, ge=10, le=100_000)
    chains: int = Field(default=2, ge=2, le=64)
    tune: int = Field(default=400, ge=50)
    draws: int = Field(default=500, ge=50)
    thinned: int = Field(default=99, ge=19, le=999)
    level: float = Field(default=0.01, gt=0.0, lt=0.5)
    rhat_max: float = Field(default=1.05, gt=1.0, le=1.2)
    unsound_max: float = Field(default=0.05, ge=0.0, le=1.0)
    reason: Text = (
        "99 ranks of 1000 draws are nearly independent, and a share of 300 is known within 3 points; "
        "one sound model in a hundred is refused."
    )

    @model_validator(mode="after")
    def _enough_draws(self) -> Self:
        if self.chains * self.draws < self.thinned:
            message = f"thinned = {self.thinned} is more than chains times draws = {self.chains * self.draws}"
            raise ValueError(message)
        return self
