"""What a reader must be told before believing a score, in both languages."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from predictive_scoring.contract.words import Word

FEW_CONVERTING = 100
WINDOWS = {
    "train": Word(en="training", es="entrenamiento"),
    "calibrate": Word(en="calibration", es="calibración"),
    "test": Word(en="the last window", es="el último periodo"),
}
BASELINES = {
    "blend": Word(en="the blend with boosted trees", es="la combinación con árboles"),
    "constant": Word(en="a constant rate", es="una tasa constante"),
    "single": Word(en="the best single column", es="la mejor columna por sí sola"),
    "naive_bayes": Word(en="naive Bayes", es="el clasificador bayesiano ingenuo"),
    "points": Word(en="the points table", es="la tabla de puntos"),
    "logistic": Word(en="the logistic regression", es="la regresión logística"),
}


def base_rate_findings(rates: Mapping[str, Mapping[str, Any]]) -> list[Word]:
    """Return a finding if the base rate of a window lies beyond chance of the training window's, else nothing.

    Two windows differ if their intervals do not overlap: a cautious rule, about one false alarm in 200 at a level of
    0.95 where there is no drift.

    Parameters
    ----------
    rates
        From window names to what `rate_of_leads` returns.

    Examples
    --------
    >>> found = base_rate_findings({"train": {"rate": 0.048, "low": 0.04, "high": 0.055, "snapshots": 900},
    ...                             "test": {"rate": 0.3, "low": 0.25, "high": 0.35, "snapshots": 300}})
    >>> found[0].en
    'the base rate drifts: 4.8 % in training, 30 % in the last window'
    """
    seen = {name: rate for name, rate in rates.items() if rate["snapshots"] > 0}
    train = seen.get("train")
    if train is None:
        return []
    apart = [name for name, rate in seen.items() if rate["low"] > train["high"] or rate["high"] < train["low"]]
    if not apart:
        return []
    shown = ["train", *apart]
    return [
        Word(
            en="the base rate drifts: " + ", ".join(f"{percent(seen[n]['rate'])} in {WINDOWS[n].en}" for n in shown),
            es="la tasa base cambia: " + ", ".join(f"{por_ciento(seen[n]['rate'])} en {WINDOWS[n].es}" for n in shown),
        )
    ]


def calibration_finding(said: float, happened: float) -> Word:
    """Return the finding that chances were off on the last window."""
    return Word(
        en=f"chances are off on the last window: {percent(said)} said, {percent(happened)} converted",
        es=f"las probabilidades no se ajustan en el último periodo: {por_ciento(said)} previsto, "
        f"{por_ciento(happened)} real",
    )


def baseline_finding(name: str) -> Word:
    """Return the finding that a baseline ranks as well as the model, as far as this window can tell."""
    return Word(
        en=f"{BASELINES[name].en} ranks about as well as the model, as far as this window can tell",
        es=f"{BASELINES[name].es} ordena casi tan bien como el modelo, hasta donde alcanza este periodo",
    )


def thin_findings(mode: str, n_converting: int) -> list[Word]:
    """Return the findings of a history that carries little: no window to calibrate on, or few conversions."""
    found = []
    if mode == "short":
        found.append(
            Word(
                en="no window to calibrate on: chances are calibrated on training leads left out in turn",
                es="sin periodo de calibración: las probabilidades se calibran con leads de entrenamiento apartados "
                "por turnos",
            )
        )
    if n_converting < FEW_CONVERTING:
        found.append(
            Word(
                en=f"few conversions: the model learned from {n_converting} leads that converted, so chances are rough",
                es=f"pocas conversiones: el modelo aprendió de {n_converting} leads que convirtieron, así que las "
                "probabilidades son aproximadas",
            )
        )
    return found


def timeless_finding(ordering: str) -> Word | None:
    """Return the finding that a table without dates cannot tell how scores hold over time, or None."""
    if ordering == "rows":
        return Word(
            en="one row a lead, in the order of time: nothing is known of what happened when, and leads that the model "
            "learned from are scored too",
            es="una fila por lead, en orden temporal: no se sabe qué ocurrió cuándo, y también se puntúan leads "
            "de los que aprendió el modelo",
        )
    if ordering == "none":
        return Word(
            en="one row a lead, in no order: the test leads are a random part, which says nothing about how scores "
            "hold over time",
            es="una fila por lead, sin orden: los leads de prueba son una parte al azar, que no dice nada de cómo "
            "aguantan las puntuaciones en el tiempo",
        )
    return None


def percent(share: float) -> str:
    """Return a share as a percentage with two significant digits.

    Examples
    --------
    >>> percent(0.048), percent(0.3), percent(0.00123)
    ('4.8 %', '30 %', '0.12 %')
    """
    value = 100 * share
    if value == 0:
        return "0 %"
    decimals = max(0, 1 - int(np.floor(np.log10(abs(value)))))
    return f"{value:.{decimals}f} %"


def por_ciento(share: float) -> str:
    """Return a share as a Spanish percentage: `percent` with a comma.

    Examples
    --------
    >>> por_ciento(0.048)
    '4,8 %'
    """
    return with_comma(percent(share))


def with_comma(figures: str) -> str:
    """Return figures as Spanish writes them: a comma before the decimals.

    Examples
    --------
    >>> with_comma("+0.012 (+0.007 … +0.018)")
    '+0,012 (+0,007 … +0,018)'
    """
    return figures.replace(".", ",")
