"""Whether chances may be shown, or the order of the leads alone."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from predictive_scoring.contract.words import Word

State = Literal["chances", "rank only"]
FAR = 0.25  # of the rate: nearer than this is near enough for an origin, though its interval may say otherwise


def promise(metrics: Mapping[str, Any], chart: Sequence[Mapping[str, Any]], past: Mapping[str, Any]) -> dict[str, Any]:
    """Return the state of the chances and why.

    `rank only` if one of three checks fails. On the last window: mean chance and share converting agree overall and in
    the best fifth (`calibration_holds`); every bin of the calibration chart holds its mean chance within its interval.
    A history of so few conversions that only a points table was trained has no chances. In the backtest: at fewer than
    half of the origins the mean chance was off, beyond its interval and by more than a quarter of the rate; it is asked
    where there are three origins at least.

    Parameters
    ----------
    metrics
        From `evaluate`.
    chart
        Rows of `reliability_by_lead`, with intervals that hold for all bins together.
    past
        From `backtest`.

    Returns
    -------
    dict
        state, checks (a list: name, holds, words in both languages).
    """
    checks = [_window(metrics), _chart(chart)]
    if metrics.get("choice", {}).get("few_conversions"):
        words = Word(
            en="too few conversions to learn chances from", es="hay muy pocas conversiones para dar probabilidades"
        )
        checks.append(_check("evidence", holds=False, words=words))
    if len(past.get("origins", ())) >= 3:
        checks.append(_past(past["origins"]))
    state: State = "chances" if all(check["holds"] for check in checks) else "rank only"
    return {"state": state, "checks": checks}


def is_off(figures: Mapping[str, Any]) -> bool:
    """Tell whether the mean chance of a cohort was off beyond chance, and far."""
    gap, rate = figures["said_minus_happened"], figures["rate"]["value"]
    beyond = gap["low"] is not None and (gap["low"] > 0 or gap["high"] < 0)
    return bool(beyond and abs(gap["value"]) > FAR * rate)


def _window(metrics: Mapping[str, Any]) -> dict[str, Any]:
    return _check(
        "last_window",
        holds=bool(metrics["calibration_holds"]),
        words=Word(
            en="mean chance against what happened on the last window", es="probabilidad media frente a lo ocurrido"
        ),
    )


def _chart(chart: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    out = [row for row in chart if not row["low"] <= row["predicted"] <= row["high"]]
    words = Word(
        en=f"{len(chart) - len(out)} of {len(chart)} bins of the calibration chart hold what was said",
        es=f"{len(chart) - len(out)} de {len(chart)} tramos del gráfico de calibración contienen lo previsto",
    )
    return _check("chart", holds=not out, words=words)


def _past(origins: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    off = sum(is_off(origin) for origin in origins)
    words = Word(
        en=f"chances were off at {off} of {len(origins)} dates of the past",
        es=f"las probabilidades fallaron en {off} de {len(origins)} fechas del pasado",
    )
    return _check("backtest", holds=2 * off < len(origins), words=words)


def _check(name: str, *, holds: bool, words: Word) -> dict[str, Any]:
    return {"name": name, "holds": holds, "words": words.model_dump()}
