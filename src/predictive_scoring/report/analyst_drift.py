"""More tables for analysts: how the rate moved over windows and months, splits side by side, how good reasons are."""

from collections.abc import Mapping
from typing import Any, Final

from predictive_scoring.report.analyst_tables import share, spread
from predictive_scoring.report.wording import Wording

_WINDOWS: Final = ("train", "calibrate", "test")
_SPLITS: Final = ("by_time", "by_lead", "by_look")
_SIGNS: Final = ("agrees", "contradicts", "unclear")


def rate_rows(metrics: Mapping[str, Any], wording: Wording) -> list[dict[str, Any]]:
    """Return how often leads converted in each window, then in each month of the last one, beside what was said."""
    windows = [
        (wording.say(f"an.window_{name}"), metrics["windows"][name])
        for name in _WINDOWS
        if name in metrics.get("windows", {})
    ]
    months = [(str(month["month"]), month) for month in metrics.get("months", ())]
    return [
        {
            "name": name,
            "leads": wording.number(entry["leads"]),
            "rate": share(entry["rate"], wording),
            "range": "–".join(share(entry.get(end), wording) for end in ("low", "high")),
            "said": share(entry.get("mean_probability"), wording),
            "holds": entry.get("holds"),
        }
        for name, entry in (*windows, *months)
    ]


def split_rows(document: Mapping[str, Any], wording: Wording) -> list[dict[str, Any]]:
    """Return what each way to split would have said of the same recipe."""
    return [
        {
            "name": wording.say(f"an.split_{name}"),
            "auc": spread(document[name].get("roc_auc"), 3, wording),
            "caught": spread(document[name].get("caught_at_20pct"), 3, wording),
            "loss": spread(document[name].get("log_loss"), 4, wording),
        }
        for name in _SPLITS
        if isinstance(document.get(name), Mapping)
    ]


def reason_facts(document: Mapping[str, Any], wording: Wording) -> list[tuple[str, str]]:
    """Return how good the reasons are: what is measured, and the figure."""
    if not document:
        return []
    signs, coverage, deletion = (document.get(name) or {} for name in ("signs", "coverage", "deletion"))
    found = []
    if document.get("adds_up") is not None:
        found.append(("an.reasons_add_up", wording.tiny(document["adds_up"])))
    for name in ("all", "first"):
        if name in signs:
            agrees, against, unclear = (share(signs[name][part], wording) for part in _SIGNS)
            told = wording.say("an.reasons_signs", agrees=agrees, contradicts=against, unclear=unclear)
            found.append((f"an.reasons_signs_{name}", told))
    if "share_of_first_3" in coverage:
        three, six = (share(coverage[f"share_of_first_{n}"], wording) for n in (3, 6))
        most = wording.number(coverage["reasons_for_80pct"])
        found.append(("an.reasons_cover", wording.say("an.reasons_covered", three=three, six=six, most=most)))
    if "ratio" in deletion:
        ratio = wording.number(deletion["ratio"], 1)
        found.append(("an.reasons_deletion", wording.say("an.reasons_deleted", ratio=ratio)))
    return [(wording.say(key), text) for key, text in found]
