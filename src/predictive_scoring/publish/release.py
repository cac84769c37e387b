"""From a judged candidate to a sealed bundle."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

import pandas as pd

from predictive_scoring import __version__
from predictive_scoring.errors import GateFailedError
from predictive_scoring.explain.texts import Texts
from predictive_scoring.model.sampling import spread_sample
from predictive_scoring.publish import bundle as names
from predictive_scoring.publish.bundle import Bundle
from predictive_scoring.publish.fingerprint import FINGERPRINT
from predictive_scoring.publish.golden import GOLDEN, GoldenRows
from predictive_scoring.publish.judged import Judged
from predictive_scoring.publish.manifest import seal
from predictive_scoring.publish.model_card import model_card
from predictive_scoring.publish.own_parts import spoken
from predictive_scoring.publish.reference_inputs import INPUTS
from predictive_scoring.publish.signing import signer_from_environment
from predictive_scoring.storage import publishing_folder, write_json, write_text

N_GOLDEN_ROWS = 24
UNKNOWN = "(a value that the model does not know)"
ADDRESS = re.compile(r"[\w.%+\-]+@[\w\-]+\.\w{2,}")
INTERNATIONAL_PHONE = re.compile(r"(?<![\w.\-])\+\d{1,3}[ \-]?\d{2,4}([ \-]?\d{2,4}){2,3}(?![\w.])")
PHONE = re.compile(r"(?=.*[ +().\-]|00)(\+|00)?[\d ().\-]{9,}")
LEAST_DIGITS = 9


def release(candidate: Judged, folder: Path, run_id: str | None, now: datetime | None = None) -> Bundle:
    """Write the sealed bundle of a candidate and return it, opened and verified.

    Parameters
    ----------
    run_id
        Of the tracking run that trained it, for the manifest.
    now
        The instant that the manifest records; by default the clock's.

    Raises
    ------
    GateFailedError
        If a file of the bundle would carry something that looks like an e-mail address or a phone number.
    """
    with publishing_folder(folder) as draft:
        candidate.scorer.save(draft)
        for own in candidate.own:
            own.save(draft)
        candidate.catalogue.save(draft / names.CATALOGUE)
        write_json(draft / names.REFERENCE, candidate.reference.model_dump(mode="json"))
        write_json(draft / names.EVIDENCE, candidate.evidence.model_dump(mode="json"))
        if candidate.amount is not None:
            candidate.amount.save(draft)
        write_json(draft / names.TEXTS, Texts.packaged().model_dump(mode="json"))
        write_json(draft / names.TERMS, candidate.terms.model_dump(mode="json"))
        write_json(draft / names.EVALUATION, candidate.evaluation)
        write_json(draft / INPUTS, candidate.inputs.model_dump(mode="json"))
        write_json(draft / FINGERPRINT, candidate.fingerprint.model_dump(mode="json"))
        write_json(draft / GOLDEN, _golden_rows(candidate).model_dump(mode="json"))
        write_text(draft / names.MODEL_CARD, model_card(candidate.terms, candidate.catalogue, candidate.evaluation))
        refuse_personal_data(draft)
        seal(
            draft,
            target=candidate.terms.target_name,
            run_id=run_id,
            created_at=now or datetime.now(UTC),
            package_version=__version__,
            signer=signer_from_environment(),
        )
        Bundle.load(draft)
    return Bundle.load(folder)


def refuse_personal_data(folder: Path) -> None:
    """Refuse a folder in which a file holds an e-mail address, or a JSON file a value that is a phone number.

    A net, not a proof: names of people cannot be told from other words, so columns of names are not to be mapped.

    Raises
    ------
    GateFailedError
        Naming the files and how many finds, never what was found.
    """
    finds = {path.name: n for path in sorted(folder.iterdir()) if (n := _n_finds(path))}
    if finds:
        raise GateFailedError(
            "the bundle would carry personal data (rule pii_in_artifact)",
            found=", ".join(f"{count} in {name}" for name, count in finds.items()),
            expected="no e-mail address and no phone number",
            fix="declare the column they come from `known: at_export`, or leave it out of the source file",
        )


def _n_finds(path: Path) -> int:
    text = path.read_text(encoding="utf-8", errors="replace")
    anywhere = len(ADDRESS.findall(text)) + len(INTERNATIONAL_PHONE.findall(text))
    if anywhere or path.suffix != ".json":
        return anywhere
    return sum(is_phone(value) for value in _strings(json.loads(text)))


def is_phone(value: str) -> bool:
    """Tell whether a text is a phone number: digits with signs that people put between them, at least nine.

    Examples
    --------
    >>> [is_phone(text) for text in ("+34 612 345 678", "(555) 123-4567 8", "2024-01-01", "1234567890")]
    [True, True, False, False]
    """
    return bool(PHONE.fullmatch(value)) and sum(sign.isdigit() for sign in value) >= LEAST_DIGITS


def _strings(tree: object) -> Iterator[str]:
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, dict):
        for key, value in tree.items():
            yield str(key)
            yield from _strings(value)
    elif isinstance(tree, list):
        for item in tree:
            yield from _strings(item)


def _without_rare_values(frame: pd.DataFrame, candidate: Judged) -> pd.DataFrame:
    """Return rows as plain values, None for missing ones; a category that no model knows by name is masked.

    Such a value scores the same under any name, and may be a person's.
    """
    plain = frame.astype(object).where(frame.notna(), None)
    for place, column in enumerate(candidate.scorer.encoding.columns):
        if column.kind == "category":
            shown = plain[column.name]
            of_segments = [each.scorer.encoding.columns[place].levels for each in candidate.own]
            of_segments += [each.where.get(column.name, ()) for each in candidate.own]
            known = {None, *column.levels, *chain.from_iterable(of_segments)}
            plain[column.name] = shown.where(shown.isin(list(known)), UNKNOWN)
    return plain


def _golden_rows(candidate: Judged) -> GoldenRows:
    frame = candidate.reference_frame
    chosen = pd.concat(
        spread_sample(among, (candidate.scorer if own is None else own.scorer).raw(among), N_GOLDEN_ROWS)
        for _, among, own in spoken(frame, candidate.own)
    )
    found = candidate.explain(chosen)
    plain = _without_rare_values(chosen, candidate)
    amounts = () if candidate.amount is None else candidate.amount.expected(chosen, candidate.scorer.encoding).tolist()
    return GoldenRows(
        columns=tuple(chosen.columns),
        rows=tuple(tuple(row) for row in plain.itertuples(index=False)),
        probabilities=tuple(found.probability.tolist()),
        points=tuple(tuple(row) for row in found.points.tolist()),
        amounts=tuple(amounts),
    )
