"""Worlds with known truth, to see whether the model finds it."""

from indicast.evaluate._simulate import draw_truth, simulate_panel

__all__ = ["draw_truth", "simulate_panel"]
