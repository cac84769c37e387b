"""What is said of expected value, in both languages."""

from collections.abc import Mapping
from typing import Any, Final

from predictive_scoring.contract.words import Word
from predictive_scoring.evaluate.findings import percent, por_ciento

FAR: Final = 0.25  # of the money: nearer than this is near enough for a total

_WHY_NOT: Final = {
    "too few amounts": Word(
        en="expected value is not told: too few conversions with an amount were recorded before the last window",
        es="no se da el valor esperado: antes del último periodo hay muy pocas conversiones con importe",
    ),
    "rank only": Word(
        en="expected value is not told: it multiplies chances that did not hold on the last window",
        es="no se da el valor esperado: multiplicaría probabilidades que no se cumplieron en el último periodo",
    ),
}


def why_not(state: str) -> Word:
    """Return why expected value is not told."""
    return _WHY_NOT[state]


def words_of(found: Mapping[str, Any]) -> Word:
    """Return what expected value rests on, and whether its total came true."""
    base, total = _base(found), _total(found["total"]["ratio"])
    return Word(en=f"expected value: {base.en}; {total.en}", es=f"valor esperado: {base.es}; {total.es}")


def _base(found: Mapping[str, Any]) -> Word:
    learned = found["learned"]
    n = learned["leads"]
    if learned["known"]:
        return Word(
            en=f"the deal's own amount where it is known, else learned from {n:,} conversions",
            es=f"el importe de la propia operación si se conoce y, si no, lo aprendido de {n} conversiones",
        )
    if not learned["columns"]:
        return Word(
            en=f"one amount for everybody, the mean of {n:,} conversions: nothing known of a lead tells more",
            es=f"un mismo importe para todos, la media de {n} conversiones: nada de lo que se sabe de un lead dice más",
        )
    en, es = (", ".join(word[language] for word in learned["words"]) for language in ("en", "es"))
    return Word(
        en=f"the amount, learned from {n:,} conversions, depends on: {en}",
        es=f"el importe, aprendido de {n} conversiones, depende de: {es}",
    )


def _total(ratio: Mapping[str, float | None]) -> Word:
    value, low, high = ratio["value"], ratio["low"], ratio["high"]
    if value is None or low is None or high is None:
        return Word(en="the last window brought no money", es="el último periodo no trajo ningún importe")
    said = Word(
        en=f"the total said was {percent(value)} of what the last window brought",
        es=f"el total previsto fue el {por_ciento(value)} de lo que trajo el último periodo",
    )
    if low <= 1 <= high or abs(value - 1) <= FAR:
        return said
    return Word(en=f"{said.en}, off beyond chance", es=f"{said.es}, un desvío mayor que el azar")
