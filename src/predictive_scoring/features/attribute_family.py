"""Features of what the lead and its company are: their attributes, the kind of e-mail address, the job title."""

from collections.abc import Mapping
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from predictive_scoring.config.features import Features
from predictive_scoring.contract.attribute_names import attribute_name
from predictive_scoring.contract.history import Attribute
from predictive_scoring.contract.words import Word, Words
from predictive_scoring.errors import DataContractError
from predictive_scoring.features.definition import Feature, Group
from predictive_scoring.features.evidence import Evidence
from predictive_scoring.features.naming import Declared, concept, plain_word, slugs
from predictive_scoring.features.titles import is_title

NOT_KNOWN = "not known"
EMAIL_KIND = Word(en="kind of e-mail address", es="tipo de correo electrónico")
JOB_LEVEL = Word(en="job level", es="nivel del cargo")
DEPARTMENT = Word(en="department", es="departamento")
COMPLETENESS = Word(en="how much is known", es="cuánto se sabe")
SOURCES: Final = frozenset({"channel", "source", "lead_source", "campaign", "medium", "referrer", "origin"})
SHAPES: Final = {  # attribute type: template, feature type, unit, statistic
    "category": ("category", "category", "level", "value"),
    "number": ("number", "number", "amount", "value"),
    "boolean": ("boolean", "boolean", "flag", "value"),
    "date": ("date", "number", "days", "days_since"),
}
PERSONAL: Final = r"^\s*([^@\s]+@[^@\s]+\.[^@\s]+|\+?\(?\d([\s().-]?\d){8,14})\s*$"
PERSONAL_SHARE: Final = 0.2
ROWS_PER_VALUE: Final = 5  # from so many on, a value is shared: a code of a region, not an id of somebody
LATER: Final = ("completeness", "world_region")  # concepts that are declared once the attributes are


def attributes(
    evidence: Evidence, settings: Features, words: Words, before: list[Declared]
) -> tuple[list[Declared], list[str]]:
    """Return a concept for each attribute that says something, and notes on those left out.

    Parameters
    ----------
    before
        What is declared already: its names are taken.

    Raises
    ------
    DataContractError
        If a category looks like an id or holds e-mail addresses or telephone numbers.
    """
    kept, notes = _informative(evidence)
    categories = [(item, values) for item, values in kept if item.type == "category"]
    _refuse_identifiers(categories, evidence.carriers, settings)
    notes += _of_many_values(categories, settings)
    declared: list[Declared] = []
    for title in [item for item, _ in kept if is_title(item)][:1]:
        declared += _of_title(title)
    for table, owner in (("leads", "lead"), ("accounts", "account")):
        features = {feature.name for item in before + declared for feature in item.features}
        taken = {name.removeprefix(f"{owner}__") for name in features if name.startswith(f"{owner}__")}
        plain = {item.name: item for item, _ in kept if item.table == table and not is_title(item)}
        for name, safe in slugs(plain, {*taken, *LATER}).items():
            concepts = {*LATER, *(item.concept.name for item in before + declared)}
            declared.append(_of_attribute(plain[name], safe, words, concepts))
    if any(len(values) < evidence.n_leads for _, values in kept):
        declared += _completeness(declared)
    return declared, notes


def _informative(evidence: Evidence) -> tuple[list[tuple[Attribute, pa.ChunkedArray]], list[str]]:
    kept, notes = [], []
    for attribute, values in evidence.values:
        if attribute.type == "text" and not is_title(attribute):
            continue
        known = values.drop_null()
        if len(known) == 0:
            notes.append(f"{attribute.table}.{attribute.name}: no value was known before training ended; not a feature")
        elif len(values) == evidence.n_leads == len(known) and pc.count_distinct(known).as_py() == 1:
            notes.append(f"{attribute.table}.{attribute.name}: the same for every lead; not a feature")
        else:
            kept.append((attribute, known))
    return kept, notes


def _refuse_identifiers(
    categories: list[tuple[Attribute, pa.ChunkedArray]], carriers: Mapping[tuple[str, str], int], settings: Features
) -> None:
    problems, most = [], 0
    for attribute, values in categories:
        levels, n_carriers = values.unique(), carriers[attribute.table, attribute.name]
        where = f"{attribute.table}.{attribute.name}"
        personal = pc.mean(pc.match_substring_regex(levels, PERSONAL).cast(pa.float64())).as_py()
        if personal > PERSONAL_SHARE:
            problems.append(f"pii_feature: {where} holds e-mail addresses or telephone numbers")
        elif not is_title(attribute) and _is_like_an_id(n_carriers, len(levels), settings.max_levels):
            problems.append(f"too_many_levels: {where} has {len(levels):,} different values in {n_carriers:,} rows")
            most = max(most, len(levels))
    if problems:
        raise DataContractError(
            "features: " + "; ".join(problems),
            expected=f"categories of at most {settings.max_levels:,} values, or {ROWS_PER_VALUE} rows a value, that "
            "name nobody",
            fix="in the source file declare `type: number` if the values are numbers that can be more or less, `type: "
            "text` if they only name somebody or something, or leave the column out; map codes to fewer groups in the "
            "export" + (f"; or, of a true category, set features.max_levels: {most} in params.yaml" if most else ""),
        )


def _is_like_an_id(n_rows: int, n_values: int, max_levels: int) -> bool:
    return n_values > max_levels and n_rows < ROWS_PER_VALUE * n_values


def _of_many_values(categories: list[tuple[Attribute, pa.ChunkedArray]], settings: Features) -> list[str]:
    counts = {f"{item.table}.{item.name}": pc.count_distinct(values).as_py() for item, values in categories}
    return [
        f"{name}: {n:,} different values; the model keeps the commonest (train.max_levels), the rest is 'other'"
        for name, n in counts.items()
        if n > settings.max_levels
    ]


def _group(attribute: Attribute) -> Group:
    name = attribute.name.lower()
    return "source" if name in SOURCES or name.startswith("utm_") else "fit"


def _of_attribute(attribute: Attribute, safe: str, words: Words, names: set[str]) -> Declared:
    template, kind, unit, statistic = SHAPES[attribute.type]
    owner = "lead" if attribute.table == "leads" else "account"
    name = next(name for name in (safe, f"{owner}_{safe}", f"{owner}_{safe}_attribute") if name not in names)
    feature = Feature.model_validate(
        {
            "name": f"{owner}__{safe}" + ("__days_since" if attribute.type == "date" else ""),
            "concept": name,
            "source": "attribute" if owner == "lead" else "account",
            "statistic": statistic,
            "type": kind,
            "unit": unit,
            "attribute": attribute.name,
            "missing": NOT_KNOWN,
        }
    )
    word = words.attributes.get(attribute.name) or _plain_word(attribute)
    return Declared(concept(name, _group(attribute), template, word, attribute.name), (feature,))


def _plain_word(attribute: Attribute) -> Word:
    """Return the name with blanks; the header itself where the name was made of it and lost letters."""
    header = attribute.header
    if header.isascii() or attribute.name != attribute_name(header):
        return plain_word(attribute.name, {})
    raw = header[:1].lower() + header[1:]
    return Word(en=raw, es=raw)


def _of_title(attribute: Attribute) -> list[Declared]:
    declared = []
    for name, word in (("job_level", JOB_LEVEL), ("department", DEPARTMENT)):
        feature = Feature(
            name=f"lead__{name}", concept=name, source="attribute", statistic=name, type="category", unit="level",
            attribute=attribute.name, missing=NOT_KNOWN,
        )  # fmt: skip
        declared.append(Declared(concept(name, "fit", name, word, attribute.name), (feature,)))
    return declared


def email_kind(evidence: Evidence) -> list[Declared]:
    """Return the concept of the e-mail address's kind, if more than one kind or some gaps are known."""
    known = evidence.email_kinds
    if len(known) == 0 or (len(known) == evidence.n_leads and pc.count_distinct(known).as_py() == 1):
        return []
    feature = Feature(
        name="lead__email_kind", concept="email_kind", source="lead", statistic="email_kind", type="category",
        unit="level", attribute="email_kind", missing=NOT_KNOWN,
    )  # fmt: skip
    return [Declared(concept("email_kind", "fit", "email_kind", EMAIL_KIND, "email_kind"), (feature,))]


def _completeness(declared: list[Declared]) -> list[Declared]:
    """Return the concept of how many of the declared attributes are known; from two on."""
    if sum(feature.statistic in ("value", "days_since") for item in declared for feature in item.features) < 2:
        return []
    name = "completeness"
    feature = Feature(name=f"lead__{name}", concept=name, source="lead", statistic=name, unit="share")
    return [Declared(concept(name, "fit", name, COMPLETENESS), (feature,))]
