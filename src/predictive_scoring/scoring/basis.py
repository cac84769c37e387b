"""Where the amount in an expected value comes from, in words: a number that nobody can place is not acted on."""

from typing import Final, Literal

import pyarrow as pa
import pyarrow.compute as pc

from predictive_scoring.contract.words import Language, Word

Basis = Literal["known", "predicted", "mean"]
KNOWN: Final[Basis] = "known"  # the deal's own amount
PREDICTED: Final[Basis] = "predicted"  # told by what is known of the lead
MEAN: Final[Basis] = "mean"  # of what conversions brought, the same for everybody
BASES: Final[dict[Basis, Word]] = {
    KNOWN: Word(en="known: the deal's own", es="conocido: el de la operación"),
    PREDICTED: Word(en="predicted", es="estimado"),
    MEAN: Word(en="predicted: the mean of conversions", es="estimado: la media de las conversiones"),
}

_SENTENCES: Final[dict[Basis, Word]] = {
    KNOWN: Word(
        en="expected value: the chance times the deal's own amount, as it is known of this lead",
        es="valor esperado: la probabilidad por el importe de la propia operación, tal como se conoce de este lead",
    ),
    PREDICTED: Word(
        en="expected value: the chance times an amount that is predicted, not known; it depends on: ",
        es="valor esperado: la probabilidad por un importe estimado, no conocido, que depende de: ",
    ),
    MEAN: Word(
        en="expected value: the chance times the mean of what conversions brought, the same for everybody: nothing "
        "known of a lead tells more",
        es="valor esperado: la probabilidad por la media de lo que trajeron las conversiones, la misma para todos: "
        "nada de lo que se sabe de un lead dice más",
    ),
}


def sentence(basis: Basis, depends_on: tuple[Word, ...]) -> Word:
    """Return what a lead's expected value is, and where its amount comes from.

    Examples
    --------
    >>> sentence("predicted", (Word(en="number of employees", es="número de empleados"),)).en
    'expected value: the chance times an amount that is predicted, not known; it depends on: number of employees'
    """
    said = _SENTENCES[basis]
    if basis != PREDICTED:
        return said
    en, es = (", ".join(getattr(word, language) for word in depends_on) for language in ("en", "es"))
    return Word(en=said.en + en, es=said.es + es)


def in_words(rows: pa.Table, language: Language) -> pa.Table:
    """Return rows of `brief_scores` as people read them: where an amount comes from is said, not coded."""
    if "amount_basis" not in rows.column_names:
        return rows
    said = pa.array([getattr(word, language) for word in BASES.values()], pa.string())
    place = pc.index_in(rows["amount_basis"], pa.array([*BASES], pa.string()))
    return rows.set_column(rows.column_names.index("amount_basis"), "amount_basis", said.take(place.combine_chunks()))
