"""The features and reason codes as Markdown, from what the code declares on a made-up history of the shipped source."""

import textwrap
from collections.abc import Iterator
from itertools import groupby
from typing import Final

from predictive_scoring.config.features import FAMILIES, Features
from predictive_scoring.config.snapshots import Snapshots
from predictive_scoring.config.targets import Target
from predictive_scoring.contract.source_file import Source
from predictive_scoring.explain.reasons import REASON
from predictive_scoring.explain.sentences import sentences
from predictive_scoring.explain.speaker import Speaker
from predictive_scoring.explain.texts import Texts
from predictive_scoring.features.catalogue import declare
from predictive_scoring.features.compute import compute
from predictive_scoring.features.definition import Catalogue, Concept, Feature
from predictive_scoring.features.frame import to_frame
from predictive_scoring.features.naming import CODES
from predictive_scoring.project.reference_history import AS_OF, reference_history
from predictive_scoring.snapshots.population import OPEN, population_at
from predictive_scoring.stopping import scratch_folder

GROUPS: Final = {
    "fit": "what the company and the person are", "engagement": "what they did",
    "source": "where they came from", "timing": "when",
}  # fmt: skip
STATISTICS: Final = {
    "acceleration": "change of the change of the daily rate: window against next longer against longest",
    "active_people": "leads of the company with an activity in the window, this one included",
    "active_colleagues": "other leads of the company with an activity in the window",
    "age": "days since the lead was created",
    "answer_days": "mean days until an answer, of our messages in the window that were answered in time",
    "answered_share": "share of our messages in the window that were answered in time",
    "band": "the band that the number lies in",
    "busiest_day": "most activities on any one day (UTC) in the window",
    "busiest_hour": "most activities in any one clock hour in the window",
    "colleagues": "other leads of the company that exist already",
    "completeness": "share of the lead's and the company's attributes that are known",
    "count": "how many in the window",
    "count_of_all": "activities of the whole company in the window",
    "days_active": "different days (UTC) with an activity in the window",
    "days_since": "days since the date",
    "days_since_conversion": "days since the company's latest conversion",
    "days_since_first": "days since the first activity",
    "days_since_last": "days since the latest one",
    "days_until_first": "days from the first activity of any kind to the first of this one",
    "decayed": "sum over all of exp(−age ÷ window)",
    "decayed_of_all": "sum over all activities of the whole company of exp(−age ÷ window)",
    "department": "department that the job title tells",
    "distinct_kinds": "different kinds of activity in the window",
    "distinct_topics": "different pages, assets or campaigns in the window",
    "earlier_conversions": "other leads of the company that reached the target's stage",
    "email_kind": "business, free or disposable address",
    "first_kind": "kind of the first activity",
    "happened_after": "whether it happened after the first of the other kind",
    "hour": "hour of creation, UTC",
    "job_level": "level that the job title tells",
    "last_kind": "kind of the latest activity",
    "month_cos": "cosine of the month as a part of the year",
    "month_sin": "sine of the month as a part of the year",
    "new_colleagues": "other leads of the company that were created in the window",
    "pair": "both values as one",
    "region": "region of the world that the country lies in",
    "share_inbound": "inbound as a share of inbound and outbound in the window",
    "share_weekend": "share of what the lead itself did in the window on a Saturday or Sunday",
    "share_working_hours": "share of what the lead itself did in the window on a weekday from 9 to 18 o'clock",
    "trend": "rate in the window as a multiple of the rate in the next longer one",
    "unanswered": "our messages in the window after which nothing was answered at all",
    "value": "the value itself",
    "weekday": "weekday of creation, Monday 0, UTC",
}
SPOKEN: Final = {
    "activity": "one kind of activity", "engagement": "all activities together", "stage": "a stage on the way",
    "number": "an attribute that is a number", "category": "an attribute that is a category",
    "job_level": "the level in the job title", "department": "the department in the job title",
    "colleagues": "other leads of the same company", "account_history": "the company's earlier conversions",
    "boolean": "an attribute that is yes or no", "date": "an attribute that is a date", "age": "the age of the lead",
    "calendar": "the season; the day and hour of creation", "email_kind": "the kind of e-mail address",
    "completeness": "how much is known of the lead", "answers": "answers to our messages",
    "rhythm": "working hours and weekends", "sequence": "one thing after another",
    "company": "all leads of the company together", "usage": "use of the product",
    "topic": "activities on some topics", "last_touch": "the latest activity",
}  # fmt: skip


def reference_catalogue(source: Source, target: Target, settings: Features) -> Catalogue:
    """Return every feature that a source may have, as if each kind, stage and attribute were frequent enough."""
    with scratch_folder() as scratch:
        history = reference_history(source, target, scratch)
        return declare(history, target, AS_OF, _all_of(settings))


def _all_of(settings: Features) -> Features:
    """Return settings under which everything is declared that a history of a few leads can tell."""
    return settings.model_copy(update={"min_kind_rows": 1, "frequent_topics": 1, "min_countries": 2, "leave_out": ()})


def features_page(catalogue: Catalogue) -> str:
    """Return a table for each group, a row for each feature; one that differs by window alone stands once."""
    concepts = {concept.name: concept for concept in catalogue.concepts}
    lines = [
        "# Features",
        "",
        f"The {len(catalogue.features)} features that the shipped history may have, from the code that declares them",
        "(`make docs`). Your own kinds, stages and attributes take the place of these; a run's own list is",
        "`data/features/<target>/catalogue.json`.",
        "",
        "A feature at `as_of` knows rows with `occurred_at < as_of` and `known_at < as_of` only; a window of 30 days",
        "is `[as_of − 30 days, as_of)`. Seasons are declared once training spans two years, kinds and stages once",
        "they are frequent enough (`features.min_kind_rows`), completeness where an attribute is not known from",
        "the beginning, topics where `features.topics` or `features.frequent_topics` asks for them, regions from",
        "`features.min_countries` countries on. `features.leave_out` does without families of them:",
        *textwrap.wrap(f"{', '.join(FAMILIES)}.", 110),
        "[How to add one](add-a-feature.md).",
    ]
    for group, meaning in GROUPS.items():
        here = [feature for feature in catalogue.features if concepts[feature.concept].group == group]
        lines += ["", f"## {group}: {meaning}", ""]
        lines += [
            "| feature | what it says | from | window, days | unit | missing means | concept |",
            "|---|---|---|---|---|---|---|",
        ]
        lines += _feature_rows(here, concepts)
    return "\n".join(lines) + "\n"


def pattern(feature: Feature) -> str:
    """Return the feature's name without its window.

    Examples
    --------
    >>> pattern(Feature(name="call__count__7d", concept="call", source="activity", statistic="count", window_days=7))
    'call__count'
    """
    return feature.name.removesuffix(f"__{feature.window_days}d")


def _feature_rows(features: list[Feature], concepts: dict[str, Concept]) -> Iterator[str]:
    for name, some in groupby(features, key=pattern):
        same = list(some)
        first = same[0]
        days = [str(feature.window_days) for feature in same if feature.window_days]
        suffix = f"__{days[0]}d" if len(days) == 1 else f"__{{{','.join(days)}}}d" if days else ""
        cells = [
            f"`{name}{suffix}`", _said(first), _origin(first), ", ".join(days) or "–", first.unit,
            first.missing or "never missing", concepts[first.concept].word.en,
        ]  # fmt: skip
        yield f"| {' | '.join(cells)} |"


def _said(feature: Feature) -> str:
    """Return the statistic's definition with what it is taken of."""
    of = {"activity": feature.direction or "activities", "account": "activities of colleagues"}.get(feature.source, "")
    if feature.kinds:
        of = " and ".join(f"`{kind}`" for kind in feature.kinds) + (
            f" after `{feature.after}`" if feature.after else ""
        )
    told = STATISTICS[feature.statistic]
    says_of_what = bool(feature.kinds) or feature.statistic in ("count", "days_since_last")
    return f"{of}: {told}" if of and says_of_what else told


def _origin(feature: Feature) -> str:
    if feature.attribute and feature.source in ("attribute", "account"):
        return f"`{feature.attribute}` of the {'lead' if feature.source == 'attribute' else 'company'}"
    if feature.statistic in ("active_people", "count_of_all", "decayed_of_all"):
        return "all leads of the company"
    return {"activity": "activities", "account": "the company's other leads", "stage": "outcomes", "lead": "the lead",
            "attribute": "attributes", "calendar": "calendar"}[feature.source]  # fmt: skip


HOLDS: Final = {  # a field of a reason that has no line here stops `make docs`
    "code": "which sentence is spoken, as above",
    "concept": "of what: the name of a business concept",
    "group": "`fit`, `engagement`, `source` or `timing`",
    "points": "difference in probability; all of a lead's, and `base_probability`, add up to its probability",
    "value": "the fact, as text",
    "text_en": "the sentence in English; null if scores were told without it",
    "text_es": "the sentence in Spanish; null if scores were told without it",
    "n": "leads of the past that stood in the same band of the concept",
    "rate": "the share of them that converted within the horizon; null where there are too few",
    "low": "low end of the interval of that share",
    "high": "high end of the interval of that share",
    "family": "concepts that say much the same share one, the name of the first of them; a lone one has its own",
    "agrees": "whether that share and the points lean the same way; null where it cannot be told",
}


def reason_codes_page(source: Source, target: Target, settings: Features) -> str:
    """Return the table of reason codes, each with what it speaks of and a sentence of a made-up lead."""
    examples = _examples(source, target, settings)
    lines = [
        "# Reason codes",
        "",
        "The code of a reason says which sentence is spoken; the concept beside it says of what. A code keeps",
        "its meaning for ever, so that a CRM may file reasons by it. The examples speak of a made-up lead.",
        "From the code, by `make docs`.",
        "",
        "| code | speaks of | English | español |",
        "|---|---|---|---|",
    ]
    lines += [f"| {code} | {SPOKEN[template]} | {' | '.join(examples[template])} |" for template, code in CODES.items()]
    lines += [
        "",
        "## What a reason holds",
        "",
        "The fields of `reasons` in scores.parquet, and of what `explain` and `export` write.",
        "",
        "| field | type | meaning |",
        "|---|---|---|",
    ]
    lines += [f"| `{part.name}` | {part.type} | {HOLDS[part.name]} |" for part in REASON]
    return "\n".join(lines) + "\n"


def _examples(source: Source, target: Target, settings: Features) -> dict[str, tuple[str, str]]:
    """Return for each template what is said of the made-up open lead about the first concept that uses it."""
    with scratch_folder() as scratch:
        history = reference_history(source, target, scratch)
        catalogue = declare(history, target, AS_OF, _all_of(settings))
        population = population_at(history, target, Snapshots(opt_out_kinds=()), AS_OF)
        open_leads = population.filter([status == OPEN for status in population["status"].to_pylist()])
        frame = to_frame(compute(history, open_leads.slice(0, 1), catalogue), catalogue)
    told = sentences(catalogue, frame, Speaker(Texts.packaged(), catalogue.words))
    found: dict[str, tuple[str, str]] = {}
    for concept, said in zip(catalogue.concepts, told, strict=True):
        found.setdefault(concept.template, (said.told("en")[0], said.told("es")[0]))
    return found
