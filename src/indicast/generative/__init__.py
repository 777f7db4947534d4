"""Framework and panel become a PyMC model; each part has a NumPy twin.

``model`` imports PyMC; ``chain``, ``shocks``, ``direction``, ``count``, ``marks`` and
``emission`` need NumPy alone until one of their ``*_graph`` functions is called.
"""

__all__ = ["chain", "count", "direction", "emission", "marks", "model", "shocks"]
