"""Framework and panel become a PyMC model; each part has a NumPy twin.

One file per emission family (``families`` lists them). ``model`` imports PyMC; the others need
NumPy alone until one of their ``*_graph`` functions is called.
"""

__all__ = [
    "chain",
    "count",
    "direction",
    "emission",
    "event",
    "families",
    "labels",
    "level",
    "lite",
    "marks",
    "milestone",
    "model",
    "share",
    "shocks",
    "withheld",
]
