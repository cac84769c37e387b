"""Predictive lead scoring: point-in-time features, calibrated chances, reasons in plain English and Spanish.

`Bundle` and `score` need no training code; `ConversionModel` needs the extra `train`. Each is imported when it is first
used, so that a scoring job pays for what it uses only.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from predictive_scoring.model.conversion_model import ConversionModel
    from predictive_scoring.publish.bundle import Bundle
    from predictive_scoring.scoring.job import score

__all__ = ["Bundle", "ConversionModel", "score"]
__version__ = "0.1.0"

_HOME = {
    "Bundle": "predictive_scoring.publish.bundle",
    "ConversionModel": "predictive_scoring.model.conversion_model",
    "score": "predictive_scoring.scoring.job",
}


def __dir__() -> list[str]:
    return [*__all__, "__version__"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)
