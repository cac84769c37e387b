"""Tables for analysts: the model beside its baselines, dates of the past, parts of the leads."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from predictive_scoring.explain.visible import visible
from predictive_scoring.report.backdrop import Backdrop
from predictive_scoring.report.wording import Wording

_MODELS: Final = ("model", "logistic", "naive_bayes", "points", "single", "constant")
_SIZE: Final = re.compile(r"(\d{5,})(?: to (\d+)| and more)")  # as evaluate names sizes, so that they sort
_NAMED: Final = frozenset({"known", "new", "other", "not known"})  # by evaluate
_OF_PEOPLE: Final = ("lead__", "account__")  # features whose values are the source's own
FIRST_KIND: Final = "first__kind"
_FIGURES: Final = {"roc_auc": 3, "average_precision": 3, "caught_at_20pct": 3, "log_loss": 4, "brier": 4,
                   "said_minus_happened": 4}  # fmt: skip


def baselines(metrics: Mapping[str, Any], wording: Wording) -> list[dict[str, Any]]:
    """Return a row a model: its name, and each figure with its interval."""
    return [
        {
            "name": model_name(name, wording),
            "figures": [spread(metrics[name].get(figure), decimals, wording) for figure, decimals in _FIGURES.items()],
        }
        for name in _MODELS
        if isinstance(metrics.get(name), dict)
    ]


def model_name(name: str, wording: Wording) -> str:
    """Return what a model is called, as it is where nobody translated it."""
    key = f"an.model_{name}"
    return wording.say(key) if wording.texts.has(key) else visible(name)


def spread(figure: Mapping[str, float | None] | None, decimals: int, wording: Wording) -> str:
    """Return a figure and its interval: '0.841 (0.811–0.871)', '' where there is none."""
    if not figure or figure.get("value") is None:
        return ""
    value, low, high = (figure.get(name) for name in ("value", "low", "high"))
    said = wording.number(value or 0.0, decimals)
    if low is None or high is None:
        return said
    return f"{said} ({wording.number(low, decimals)}–{wording.number(high, decimals)})"


def origin_rows(entries: Sequence[Mapping[str, Any]], key: str, wording: Wording) -> list[dict[str, Any]]:
    """Return a row a date or age: what is known of it, and its point on the figure."""
    rows = []
    for entry in entries:
        when = str(entry[key]) if key == "months_back" else str(entry[key])[:10]
        auc = entry.get("roc_auc") or {}
        point = None
        if auc.get("value") is not None:
            low, high = (auc.get(end) if auc.get(end) is not None else auc["value"] for end in ("low", "high"))
            point = {"when": when, "value": auc["value"], "low": low, "high": high}
        rows.append(
            {
                "when": when,
                "leads": wording.number(entry.get("leads") or 0),
                "converting": wording.number(entry.get("converting_leads") or 0),
                "rate": share(entry.get("rate"), wording),
                "said": share(entry.get("mean_probability"), wording),
                "auc": spread(auc, 3, wording),
                "caught": spread(entry.get("caught_at_20pct"), 3, wording),
                "point": point,
            }
        )
    return rows


def slice_parts(document: Mapping[str, Any], backdrop: Backdrop) -> list[dict[str, Any]]:
    """Return for each part of the leads its slices."""
    wording = backdrop.wording
    return [
        {
            "word": visible(part["word"][wording.language]),
            "rows": [
                {
                    "name": _slice_name(part, str(each["slice"]), backdrop),
                    "leads": wording.number(each["leads"]),
                    "rate": share(each.get("rate"), wording),
                    "range": "–".join(share(each.get(end), wording) for end in ("low", "high")),
                    "said": share(each.get("mean_probability"), wording),
                    "auc": spread(_figure(each.get("roc_auc")), 3, wording),
                    "holds": each.get("holds"),
                }
                for each in part["slices"]
            ],
        }
        for part in document.get("parts", ())
    ]


def _slice_name(part: Mapping[str, Any], raw: str, backdrop: Backdrop) -> str:
    """Return what a slice is called: the source's word for a value, the page's for what evaluate named itself."""
    wording = backdrop.wording
    size = _SIZE.fullmatch(raw)
    if size:
        low, high = (int(each) if each else None for each in size.groups())
        key = "an.slice_from" if high is None else "an.slice_between"
        return wording.say(key, low=wording.number(low or 0), high=wording.number(high or 0))
    own = f"an.slice_{raw.replace(' ', '_')}"
    feature = str(part.get("feature", ""))
    named = _NAMED - {"known", "new"} if feature.startswith(_OF_PEOPLE) else _NAMED
    if (raw in named or part["name"] == "email_kind") and wording.texts.has(own):
        return wording.say(own)
    if feature == FIRST_KIND:
        return backdrop.kind(raw)
    return backdrop.value(feature.partition("__")[2] or part["name"], raw)


def _figure(value: Any) -> Mapping[str, Any] | None:
    return value if isinstance(value, Mapping) or value is None else {"value": value}


def share(figure: Any, wording: Wording) -> str:
    """Return a share as a percentage with a decimal, '' where there is none."""
    value = figure.get("value") if isinstance(figure, Mapping) else figure
    return "" if value is None else wording.percent_of(value)
