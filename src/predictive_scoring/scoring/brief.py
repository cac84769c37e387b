"""Scores in the few columns that people and their tools take: no structs, short reasons, nothing that hides."""

from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from predictive_scoring.contract.words import Language, Word
from predictive_scoring.errors import ConfigurationError, DataContractError
from predictive_scoring.explain.shortlist import strongest
from predictive_scoring.scoring.finished import FinishedScores
from predictive_scoring.storage import read_parquet

COLUMNS: Final[dict[str, Word]] = {
    "rank": Word(en="Rank", es="Puesto"),
    "lead_id": Word(en="Lead", es="Lead"),
    "score": Word(en="Score (1-100)", es="Puntuación (1-100)"),
    "grade": Word(en="Grade", es="Nivel"),
    "probability": Word(en="Chance", es="Probabilidad"),
    "probability_low": Word(en="Chance, at least", es="Probabilidad, al menos"),
    "probability_high": Word(en="Chance, at most", es="Probabilidad, como máximo"),
    "reasons": Word(en="Main reasons", es="Motivos principales"),
    "as_of": Word(en="As of", es="A fecha de"),
    "target": Word(en="Target", es="Objetivo"),
    "model_version": Word(en="Model", es="Modelo"),
}
# Behind them, of a model that tells expected value; rounded nowhere, so that the product can be checked.
VALUE_COLUMNS: Final[dict[str, Word]] = {
    "expected_value": Word(en="Expected value (chance × amount)", es="Valor esperado (probabilidad × importe)"),
    "expected_amount": Word(en="Amount, should it convert", es="Importe, si convierte"),
    "amount_basis": Word(en="Amount known or predicted", es="Importe conocido o estimado"),
}
MAX_REASON_CHARACTERS: Final = 255  # what a text field of a CRM holds
N_REASONS: Final = 4
Places = NDArray[np.int64]
Floats = NDArray[np.float64]
_HIDDEN: Final = "[\\x00-\\x1f\\x7f-\\x{9f}\\x{200b}\\x{200e}\\x{200f}\\x{2028}-\\x{202e}\\x{2060}-\\x{2069}\\x{feff}]"


def brief_scores(finished: FinishedScores, language: Language, top: int | None = None) -> pa.Table:
    """Return the scored leads, best first, in the columns of `COLUMNS`; reasons in one line of at most 255 characters.

    Scores that tell expected value have `VALUE_COLUMNS` behind them, unless their chances did not hold.

    Parameters
    ----------
    finished
        With all the columns of the scores.
    top
        So many leads at most.

    Raises
    ------
    DataContractError
        If a lead is among the scored and the not scored: it may have objected to being contacted.
    ConfigurationError
        If the scores carry no sentences in the language.
    """
    refuse_not_scored(finished)
    scores = finished.scores if top is None else finished.scores.slice(0, top)
    valued = VALUE_COLUMNS if finished.about.chances_hold else {}
    columns = {name: scores[name] for name in (*COLUMNS, *valued) if name in COLUMNS or name in scores.column_names}
    columns["reasons"] = reason_lines(scores["reasons"], language)
    for name in ("lead_id", "target", "model_version", "grade"):
        columns[name] = visible_text(columns[name])
    return pa.table(columns)


def needed_columns() -> list[str]:
    """Return the columns of the scores that `brief_scores` reads."""
    return list(COLUMNS)


def refuse_not_scored(finished: FinishedScores) -> None:
    """Refuse scores of a lead that was not to be scored.

    Raises
    ------
    DataContractError
        Counting them.
    """
    aside = read_parquet(finished.folder / "not_scored.parquet", ["lead_id"])["lead_id"]
    both = pc.sum(pc.is_in(finished.scores["lead_id"], aside.combine_chunks())).as_py() or 0
    if both:
        raise DataContractError(
            f"{finished.folder}: {both} leads are scored and not scored at once",
            expected="no lead that has opted out or is excluded among the scored",
            fix="score again; nothing was written",
        )


def reason_lines(reasons: pa.ChunkedArray, language: Language) -> pa.ChunkedArray:
    """Return the strongest reasons of each lead in one line: ``↑ Asked for a demo; ↓ No e-mail opened …``.

    Raises
    ------
    ConfigurationError
        If there are leads and no sentence in the language.
    """
    chunks = [_lines(chunk, language) for chunk in reasons.chunks]
    return pa.chunked_array(chunks, pa.string())


def _lines(reasons: pa.ListArray, language: Language) -> pa.Array:
    told = reasons.flatten()
    places, sums, lengths = _best(reasons, told)
    texts = told.field(f"text_{language}").take(pa.array(places))
    if len(texts) and texts.null_count == len(texts):
        raise ConfigurationError(
            f"--lang {language}: these scores carry no sentences in it", fix="score with the language, or take another"
        )
    sign = pa.array(np.where(sums > 0, "↑ ", "↓ ").tolist(), pa.string())
    signed = pc.binary_join_element_wise(sign, visible_text(pc.fill_null(texts, "")), "")
    offsets = pa.array(np.concatenate(([0], np.cumsum(lengths))).astype(np.int32))
    return shortened(pc.binary_join(pa.ListArray.from_arrays(offsets, signed), "; "))


def _best(reasons: pa.ListArray, told: pa.StructArray) -> tuple[Places, Floats, Places]:
    """Return the places of the strongest reasons of each lead, their families' points, and how many each lead has."""
    owner = pc.list_parent_indices(reasons).to_numpy(zero_copy_only=False)
    places, sums = strongest(
        owner,
        _family(told),
        told.field("points").to_numpy(zero_copy_only=False),
        _contradicted(told),
    )
    nth = np.arange(len(places)) - np.searchsorted(owner[places], owner[places])
    kept = nth < N_REASONS
    return places[kept], sums[kept], np.bincount(owner[places[kept]], minlength=len(reasons))


def _family(told: pa.StructArray) -> Places:
    """Return a number for the family of each reason; scores made before there were families have none."""
    if told.type.get_field_index("family") < 0:
        return np.arange(len(told), dtype=np.int64)
    codes = told.field("family").dictionary_encode().indices.to_numpy(zero_copy_only=False)
    own = np.arange(len(told)) + len(told)  # of a reason without a family
    return np.where(np.isnan(codes), own, np.nan_to_num(codes)).astype(np.int64)


def _contradicted(told: pa.StructArray) -> NDArray[np.bool_]:
    """Return which reasons history contradicts; scores made before there was evidence know of none."""
    if told.type.get_field_index("agrees") < 0:
        return np.zeros(len(told), dtype=np.bool_)
    agrees = pc.fill_null(told.field("agrees"), True)
    return np.asarray(~agrees.to_numpy(zero_copy_only=False))


def shortened(lines: pa.Array, longest: int = MAX_REASON_CHARACTERS) -> pa.Array:
    """Return texts of at most so many characters, cut ones with an ellipsis at their end."""
    cut = pc.binary_join_element_wise(pc.utf8_rtrim_whitespace(pc.utf8_slice_codeunits(lines, 0, longest - 1)), "…", "")
    return pc.if_else(pc.greater(pc.utf8_length(lines), longest), cut, lines)


def visible_text(values: Any) -> Any:
    """Return texts in which nothing hides: line ends are spaces, controls and direction marks U+FFFD."""
    flat = pc.replace_substring_regex(values, "[\\t\\n\\r ]+", " ")
    return pc.utf8_trim_whitespace(pc.replace_substring_regex(flat, _HIDDEN, "\N{REPLACEMENT CHARACTER}"))
