"""Whether what happened keeps what the model's own test promised."""

from collections.abc import Iterator
from typing import Any

from predictive_scoring.config.monitor import Monitor
from predictive_scoring.evaluate.findings import percent
from predictive_scoring.monitor.findings import Finding, alarm, note
from predictive_scoring.scoring.about import Quality


def promise_findings(found: dict[str, Any], promise: Quality | None, of: str, settings: Monitor) -> Iterator[Finding]:
    """Yield alarms about ranking and calibration, or that there is too little to judge.

    Ranking: the interval of the realised AUC lies wholly below that of the test. Calibration: said and happened differ
    beyond chance and by more than `settings.calibration_factor`. Both intervals may be wide, so a false alarm is rare.
    """
    n_converted = found["converted"]
    if n_converted < settings.min_converting or n_converted == found["leads"]:
        text = f"{of}: {n_converted} of {found['leads']:,} leads converted, too few to judge"
        yield note("realised_quality", "quality", f"{text} (monitor.min_converting {settings.min_converting})")
        return
    ranks = _ranking_holds(found, promise)
    if not ranks and promise is not None:
        auc = found["roc_auc"]
        said = f"AUC {auc['value']:.2f} ({auc['low']:.2f} to {auc['high']:.2f})"
        text = f"{of}: the order broke: {said}, promised {promise.auc:.2f} (at least {_floor(promise):.2f})"
        cause = "leads that score high no longer convert more often; the link between inputs and outcomes has changed"
        yield alarm("realised_ranking", "quality", f"{text}; {cause}, which no look at today's inputs can see")
    yield from _calibration(found, of, ranks, settings)


def _calibration(found: dict[str, Any], of: str, ranks: bool, settings: Monitor) -> Iterator[Finding]:
    gap = found["said_minus_happened"]
    factor = max(found["said"], 1e-12) / max(found["happened"], 1e-12)
    far = not 1 / settings.calibration_factor <= factor <= settings.calibration_factor
    if gap["low"] <= 0 <= gap["high"] or not far:
        return
    word = "high" if factor > 1 else "low"
    text = f"{of}: chances are too {word}: {percent(found['said'])} said, {percent(found['happened'])} converted"
    advice = "the order of the leads still holds; retrain to set the chances right" if ranks else "retrain"
    yield alarm("realised_calibration", "quality", f"{text}; {advice}")


def _floor(promise: Quality) -> float:
    return promise.auc if promise.auc_low is None else promise.auc_low


def _ranking_holds(found: dict[str, Any], promise: Quality | None) -> bool:
    high = found["roc_auc"]["high"]
    return promise is None or high is None or high >= _floor(promise)
