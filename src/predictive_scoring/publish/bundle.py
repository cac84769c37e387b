"""The scoring artifact, opened: everything that turns features into chances and reasons, and no training code."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from predictive_scoring.config.regions import Tag
from predictive_scoring.contract.model_version import spoken_by
from predictive_scoring.contract.words import Language, Word
from predictive_scoring.errors import BundleRefusedError
from predictive_scoring.explain.evidence import Evidence
from predictive_scoring.explain.explanation import Explanation
from predictive_scoring.explain.reference import Reference
from predictive_scoring.explain.texts import Texts
from predictive_scoring.features.definition import Catalogue
from predictive_scoring.model.amount import Amount
from predictive_scoring.model.encoding import Encoding
from predictive_scoring.model.scorer import ENCODING_FILE, MODEL_FILE, Scorer
from predictive_scoring.publish.golden import GOLDEN, GoldenRows, refuse_other_scores
from predictive_scoring.publish.manifest import Manifest, verify_seal
from predictive_scoring.publish.model_probe import refuse_harmful
from predictive_scoring.publish.own_parts import (
    MODEL_PARTS,
    OwnPart,
    Rows,
    explain_each,
    names_in,
    parts_of_segment,
    put_together,
    spoken,
)
from predictive_scoring.publish.signing import refuse_untrusted
from predictive_scoring.publish.terms import Terms
from predictive_scoring.storage import read_json

CATALOGUE = "features.json"
REFERENCE = "reference.json"
EVIDENCE = "evidence.json"  # since format 3
TEXTS = "templates.json"
TERMS = "terms.json"
EVALUATION = "evaluation.json"
MODEL_CARD = "model_card.md"
PARTS = frozenset({CATALOGUE, REFERENCE, TEXTS, TERMS, EVALUATION, GOLDEN, MODEL_CARD, *MODEL_PARTS})
WITH_EVIDENCE = 3  # the format from which a bundle carries its evidence


@lru_cache(maxsize=1)
def _packaged_texts() -> Texts:
    return Texts.packaged()


@dataclass(frozen=True)
class Bundle:
    """A verified bundle, ready to score."""

    folder: Path
    manifest: Manifest
    terms: Terms
    catalogue: Catalogue
    scorer: Scorer
    reference: Reference
    texts: Texts
    evidence: Evidence | None = None  # None: the bundle is of a format before 3
    amount: Amount | None = None  # what a conversion brings; None: the model does not tell
    own: tuple[OwnPart, ...] = ()  # models that speak of a part of the leads in place of the shared one
    speaker: str = ""  # whose own model this is, where one was picked out; "": the shared one

    @classmethod
    def load(cls, folder: str | Path) -> "Bundle":
        """Return the bundle in a folder, after its seal was checked and its golden rows scored as expected.

        Raises
        ------
        BundleRefusedError
            If any byte differs from the manifest (before the model file is parsed), if a trusted key is named and did
            not sign it, if its model cannot be read within limits, or if the golden rows score otherwise on this
            machine than where the bundle was made.
        """
        folder = Path(folder)
        manifest = verify_seal(folder)
        refuse_untrusted(manifest)
        parts = PARTS if manifest.format_version < WITH_EVIDENCE else PARTS | {EVIDENCE}
        parts = parts.union(*(parts_of_segment(name) for name in names_in([*manifest.files])))
        missing = sorted(parts - set(manifest.files))
        if missing:
            raise BundleRefusedError(f"bundle {folder.name}: parts are missing", found=missing, fix="publish it anew")
        try:
            for prefix in ("", *(f"{name}." for name in names_in([*manifest.files]))):
                _refuse_harmful_model(folder, prefix)
            bundle = cls._parsed(folder, manifest)
        except (ValueError, KeyError, TypeError) as error:  # pydantic's errors are ValueErrors
            first_line = str(error).splitlines()[0]
            raise BundleRefusedError(f"bundle {folder.name}: a part breaks its schema", found=first_line) from error
        bundle.refuse_other_features()
        bundle.check_golden_rows()
        return bundle

    @classmethod
    def _parsed(cls, folder: Path, manifest: Manifest) -> "Bundle":
        return cls(
            folder=folder,
            manifest=manifest,
            terms=Terms.model_validate(read_json(folder / TERMS)),
            catalogue=Catalogue.load(folder / CATALOGUE),
            scorer=Scorer.load(folder),
            reference=Reference.model_validate(read_json(folder / REFERENCE)),
            texts=Texts.model_validate(read_json(folder / TEXTS)).completed(_packaged_texts()),
            evidence=Evidence.model_validate(read_json(folder / EVIDENCE)) if EVIDENCE in manifest.files else None,
            amount=Amount.load(folder),  # every file of the folder is in the manifest
            own=tuple(OwnPart.load(folder, name) for name in names_in([*manifest.files])),
        )

    def spoken_in(self, regions: Mapping[Language, Tag]) -> "Bundle":
        """Return the bundle as it speaks in some regions; what it scores is the same."""
        return replace(self, texts=self.texts.told_in(regions))

    @property
    def n_golden_rows(self) -> int:
        """How many golden rows the bundle has."""
        return len(self._golden().rows)

    def _golden(self) -> GoldenRows:
        return GoldenRows.model_validate(read_json(self.folder / GOLDEN))

    @property
    def version(self) -> str:
        """The version of the content: equal content has equal versions. `+` names whose own model was picked out."""
        return spoken_by(self.manifest.model_version, self.speaker) if self.speaker else self.manifest.model_version

    @property
    def notes(self) -> tuple[Word, ...]:
        """What whoever scores should know: another major version of LightGBM than where the bundle was made."""
        made, here = self.manifest.libraries.get("lightgbm", ""), version("lightgbm")
        if not made or made.split(".")[0] == here.split(".")[0]:
            return ()
        return (
            Word(
                en=f"the model was made with LightGBM {made}, this is {here}; its golden rows score the same",
                es=f"el modelo se creó con LightGBM {made} y aquí se usa {here}; sus filas de control puntúan igual",
            ),
        )

    def refuse_if_older(self, as_of: datetime, max_age_days: int | None) -> None:
        """Refuse a model whose newest lesson lies too long before the instant of scoring.

        Raises
        ------
        BundleRefusedError
            If the leads that it learned from end more than `max_age_days` before `as_of`.
        """
        learned = self.terms.trained_until
        if learned is None or max_age_days is None:
            return
        age_days = (as_of - datetime.fromisoformat(learned)).days
        if age_days > max_age_days:
            raise BundleRefusedError(
                f"bundle {self.version}: it learned from leads up to {learned[:10]}, {age_days:,} days before these "
                "scores",
                expected=f"at most {max_age_days:,} days (score.max_model_age_days)",
                fix="train anew, or raise score.max_model_age_days",
            )

    @property
    def levels(self) -> dict[str, tuple[str, ...]]:
        """For each category, the values that the model knows."""
        return {column.name: column.levels for column in self.scorer.encoding.columns if column.kind == "category"}

    def speakers(self, frame: pd.DataFrame) -> Iterator[tuple[Rows, pd.DataFrame, "Bundle"]]:
        """Yield which rows each model speaks of, the rows, and the bundle as if it had that model alone."""
        for rows, part, own in spoken(frame, self.own):
            alone = replace(self, own=())
            if own is not None:
                alone = replace(
                    alone, scorer=own.scorer, reference=own.reference, evidence=own.evidence, speaker=own.name
                )
            yield rows, part, alone

    def chances(self, frame: pd.DataFrame) -> NDArray[np.float64]:
        """Return low end, chance and high end of feature rows, shape (3, n), each by the model that speaks of it."""
        return put_together([(rows, alone._interval(part).T) for rows, part, alone in self.speakers(frame)]).T

    def _interval(self, frame: pd.DataFrame) -> NDArray[np.float64]:
        raw = self.scorer.raw(frame)
        low, high = self.scorer.interval(raw, self.terms.interval_level)
        return np.stack([low, self.scorer.probability(raw), high])

    def base_of(self, frame: pd.DataFrame) -> NDArray[np.float64]:
        """Return the average chance that each row's reasons start from."""
        told = [(rows, np.full(len(rows), alone.reference.base_probability)) for rows, _, alone in self.speakers(frame)]
        return put_together(told)

    def explain(self, frame: pd.DataFrame) -> Explanation:
        """Return chances and the concepts' points for feature rows; `frame` has the catalogue's columns."""
        return explain_each((self.scorer, self.reference), self.catalogue, self.own, frame)

    def refuse_other_features(self) -> None:
        """Refuse parts of two trainings: the model's columns must be the catalogue's features, in their order.

        Raises
        ------
        BundleRefusedError
            Naming the features that only one of them has.
        """
        wanted = [feature.name for feature in self.catalogue.features]
        for scorer in (self.scorer, *(each.scorer for each in self.own)):
            found = [column.name for column in scorer.encoding.columns]
            if wanted == found:
                continue
            raise BundleRefusedError(
                f"bundle {self.folder.name}: the features are not those that the model was trained on",
                found=sorted(set(wanted) ^ set(found)) or "another order",
                fix="publish the bundle anew: its files are not of one training",
            )

    def check_golden_rows(self) -> None:
        """Score the golden rows.

        Raises
        ------
        BundleRefusedError
            If a probability, a reason's points or a ratio of amounts differ by more than 1e-9.
        """
        golden = self._golden()
        frame = golden.frame(self.catalogue)
        amounts = None if self.amount is None else self.amount.expected(frame, self.scorer.encoding)
        refuse_other_scores(self.folder.name, golden, self.explain(frame), amounts)

    def grade(self, probability: NDArray[np.float64], cut_offs: Mapping[str, float] | None = None) -> NDArray[np.str_]:
        """Return the grade of each probability by fixed cut-offs, by default the bundle's own.

        Examples
        --------
        With ``grades == {"A": 0.3, "B": 0.1, "C": 0.02}`` a probability of 0.1 is a B and 0.01 a D.
        """
        grades = self.terms.grades if cut_offs is None else cut_offs
        letters = [*grades, "D"]
        cutoffs = np.array(list(grades.values()))
        places = (probability[:, None] < cutoffs[None, :]).sum(axis=1)
        found: NDArray[np.str_] = np.array(letters, dtype=np.str_)[places]
        return found


def _refuse_harmful_model(folder: Path, prefix: str) -> None:
    """Let the golden rows go through a model in a child process before this one reads its text."""
    golden = GoldenRows.model_validate(read_json(folder / GOLDEN))
    encoding = Encoding.model_validate(read_json(folder / f"{prefix}{ENCODING_FILE}"))
    refuse_harmful(folder / f"{prefix}{MODEL_FILE}", encoding.encode(golden.frame(Catalogue.load(folder / CATALOGUE))))
