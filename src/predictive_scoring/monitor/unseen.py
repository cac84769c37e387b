"""Values that the model does not know by name, and scores that all say the same."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from predictive_scoring.config.monitor import Monitor
from predictive_scoring.evaluate.findings import percent
from predictive_scoring.evaluate.proportions import wilson
from predictive_scoring.monitor.findings import Finding, alarm
from predictive_scoring.publish.reference_inputs import ReferenceInputs, unknown_values


def unseen_shares(columns: dict[str, "pd.Series[Any]"], levels: dict[str, tuple[str, ...]]) -> dict[str, float]:
    """Return for each category the share of leads whose value the model takes for 'other'."""
    return {name: float(unknown_values(columns[name], known).mean()) for name, known in sorted(levels.items())}


def unseen_findings(
    shares: dict[str, float], n_leads: int, reference: ReferenceInputs, settings: Monitor
) -> Iterator[Finding]:
    """Yield an alarm for each category with more unknown values than chance and the reference explain."""
    usual = {profile.name: profile.unknown_share for profile in reference.profiles}
    for name, share in shares.items():
        low, _ = wilson(share * n_leads, n_leads, 0.999)
        if low > usual.get(name, 0.0) + settings.max_unseen_share:
            text = f"{name}: {percent(share)} of {n_leads:,} leads have a value that the model does not know"
            yield alarm("unseen_categories", "input", f"{text}; {percent(usual.get(name, 0.0))} when it was made")


def grade_shares(grades: "np.ndarray[Any, Any]") -> dict[str, float]:
    """Return the share of the leads in each grade."""
    letters, counts = np.unique(grades, return_counts=True)
    return {str(letter): float(count / len(grades)) for letter, count in zip(letters, counts, strict=True)}


def collapse_findings(shares: dict[str, float], n_leads: int, settings: Monitor) -> Iterator[Finding]:
    """Yield an alarm if one grade holds nearly every lead: a list that ranks nobody."""
    for grade, share in shares.items():
        low, _ = wilson(share * n_leads, n_leads, settings.level)
        if share > settings.max_grade_share and low > settings.max_grade_share - 0.1:
            text = f"{percent(share)} of {n_leads:,} leads are graded {grade}: the scores no longer tell leads apart"
            yield alarm("score_collapse", "input", text)
