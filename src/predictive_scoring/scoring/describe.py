"""What a folder of scores says of itself: the model's promise, its quality, how fresh it is."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from predictive_scoring.config.evaluate import PAGE_SHARE
from predictive_scoring.config.score import RankBy
from predictive_scoring.contract.history import History
from predictive_scoring.contract.words import Word
from predictive_scoring.publish.bundle import EVALUATION, Bundle
from predictive_scoring.scoring.about import About, ConceptWeight, GradeRate, Quality
from predictive_scoring.scoring.past import bands_of, past_of
from predictive_scoring.storage import read_json

STALE = timedelta(days=2)


def describe(
    bundle: Bundle, history: History, as_of: datetime, grades: Mapping[str, float], rank_by: RankBy = "probability"
) -> About:
    """Return what a page needs to say of scores besides the leads.

    Parameters
    ----------
    grades
        The least probability of each letter. Where they are not those that the model was judged with, how many of each
        letter converted is not known, and a note says so.
    rank_by
        What the leads are in the order of.
    """
    terms, facts = bundle.terms, history.facts
    notes = [
        *notes_of(bundle, history, as_of),
        *_letters_note(bundle, grades),
        *_judged_note(bundle),
        *order_note(rank_by),
    ]
    return About(
        target=terms.target_name,
        stage=terms.target.stage,
        stage_word=bundle.catalogue.words.stages.get(terms.target.stage) or facts.words.stages.get(terms.target.stage),
        horizon_days=terms.target.horizon_days,
        source_name=facts.name,
        source_description=facts.description,
        licence=facts.licence,
        simulated=facts.simulated or terms.simulated,
        flat=terms.flat,
        model_version=bundle.version,
        trained_until=terms.trained_until,
        as_of=as_of,
        observed_until=facts.observed_until,
        interval_level=terms.interval_level,
        grades=dict(grades),
        quarantined=sum(facts.rows["leads"].quarantined.values()) if "leads" in facts.rows else 0,
        evaluation=_quality(read_json(bundle.folder / EVALUATION), notes, judged=dict(grades) == terms.grades),
        concepts=_weights(bundle),
        past=past_of(bundle),
        regions={language: tag for language, tag in bundle.texts.regions.items() if tag != language},
    )


def notes_of(bundle: Bundle, history: History, as_of: datetime) -> list[Word]:
    """Return what a reader must know of scores: of the bundle on this machine, and of the instant."""
    return [*bundle.notes, *instant_notes(bundle, history, as_of)]


def instant_notes(bundle: Bundle, history: History, as_of: datetime) -> list[Word]:
    """Return what a reader must know of the instant of scoring: after the end of the data, or inside the training."""
    notes = []
    end, learned = history.facts.observed_until, bundle.terms.trained_until
    if end is not None and as_of - end > STALE:
        days = (as_of - end).days
        notes.append(
            Word(
                en=f"the history ends {days} days before these scores: a lead's silence since then may be the export's",
                es=f"el historial acaba {days} días antes de estas puntuaciones: el silencio posterior de un lead "
                "puede deberse a la exportación",
            )
        )
    if learned is not None and not bundle.terms.flat and as_of < datetime.fromisoformat(learned):
        notes.append(
            Word(
                en="the model learned from leads of this time: these chances look better than they are",
                es="el modelo aprendió de leads de esta época: estas probabilidades parecen mejores de lo que son",
            )
        )
    return notes


def _letters_note(bundle: Bundle, grades: Mapping[str, float]) -> Iterator[Word]:
    if dict(grades) != bundle.terms.grades:
        yield Word(
            en="the grades are those of the agreement; how many leads of each convert was not judged when the model "
            "was made, and is seen once these have had their time",
            es="los niveles son los del acuerdo; al crear el modelo no se midió cuántos leads de cada uno convierten: "
            "se sabrá cuando estos hayan tenido su plazo",
        )


def order_note(rank_by: RankBy) -> Iterator[Word]:
    """Yield what a reader must know of leads that are not in the order of their chances."""
    if rank_by == "expected_value":
        yield Word(
            en="the leads are in the order of their expected value, not of their chances; as many calls by chance "
            "would reach more conversions, of less worth",
            es="los leads van por orden de valor esperado, no de probabilidad; con tantas llamadas por probabilidad se "
            "alcanzarían más conversiones, de menos valor",
        )


def _judged_note(bundle: Bundle) -> Iterator[Word]:
    if bundle.terms.target.only_judged:
        yield Word(
            en="these chances are of a lead that is judged in that time: leads of whom nobody said yes or no were not "
            "learned from, and count neither way",
            es="estas probabilidades son las de un lead sobre el que se decide en ese plazo: de los leads de los que "
            "nadie dijo ni sí ni no no se aprendió, y no cuentan ni a favor ni en contra",
        )


def _quality(evaluation: dict[str, Any], notes: list[Word], *, judged: bool) -> Quality:
    model, window = evaluation["model"], evaluation["window"]
    return Quality(
        window_from=window["from"],
        window_until=window["until"],
        n_leads=window["leads"],
        base_rate=evaluation["base_rate"]["rate"],
        auc=model["roc_auc"]["value"],
        auc_low=model["roc_auc"]["low"],
        auc_high=model["roc_auc"]["high"],
        lift=model["lift_at_20pct"]["value"],
        lift_share=PAGE_SHARE,
        caught=model["caught_at_20pct"]["value"],
        by_grade=tuple(_grade(rate) for rate in evaluation["grades"]["frequencies"]) if judged else (),
        calibration_holds=_chances_hold(evaluation),
        findings=(*notes, *(Word(**finding) for finding in evaluation["findings"])),
    )


def _chances_hold(evaluation: dict[str, Any]) -> bool:
    """Tell whether the page may show chances; bundles made before the promise was kept know the last window alone."""
    promise = evaluation.get("promise")
    return bool(evaluation["calibration_holds"] if promise is None else promise["state"] == "chances")


def _grade(rate: dict[str, Any]) -> GradeRate:
    return GradeRate(
        grade=rate["grade"],
        n=rate["n"],
        converted=rate["converted"],
        rate=rate["rate"],
        low=rate["low"],
        high=rate["high"],
    )


def _weights(bundle: Bundle) -> tuple[ConceptWeight, ...]:
    means = bundle.reference.mean_abs_points
    bands = bands_of(bundle)
    family = {name: each[0] for each in (bundle.evidence.families if bundle.evidence else ()) for name in each}
    weights = [
        ConceptWeight(
            name=concept.name,
            group=concept.group,
            word=concept.word,
            mean_abs_points=mean,
            bands=bands.get(concept.name, ()),
            family=family.get(concept.name, ""),
        )
        for concept, mean in zip(bundle.catalogue.concepts, means, strict=True)
    ]
    return tuple(sorted(weights, key=lambda weight: (-weight.mean_abs_points, weight.name)))
