"""The model card: what the model is for, what it was judged to be, and what it must not be used for."""

from collections.abc import Iterator
from typing import Any

from predictive_scoring.errors import counted
from predictive_scoring.features.definition import Catalogue
from predictive_scoring.publish.terms import Terms


def model_card(terms: Terms, catalogue: Catalogue, evaluation: dict[str, Any]) -> str:
    """Return the card as Markdown."""
    return "\n".join(_lines(terms, catalogue, evaluation)) + "\n"


def _lines(terms: Terms, catalogue: Catalogue, evaluation: dict[str, Any]) -> Iterator[str]:
    promise = f"within {counted(terms.target.horizon_days, 'day')}" if terms.target.horizon_days else "at all"
    yield f"# {terms.target_name}: chance that a lead reaches '{terms.target.stage}' {promise}"
    yield ""
    if terms.simulated:
        yield "**Trained on a simulated history. It says nothing about any real company.**"
        yield ""
    yield f"- History: {terms.source_name}: {terms.source_description}"
    yield f"- Licence of the history: {terms.licence}"
    if terms.target.only_judged:
        either = ", ".join((terms.target.stage, *terms.target.end_stages))
        yield f"- Learned only from leads that reached one of {either} in that time: the chance if a lead is judged"
    yield f"- Learned from looks at leads until: {terms.trained_until or 'not dated'}"
    yield f"- Inputs: {len(catalogue.features)} features that readers know as {len(catalogue.concepts)} concepts"
    yield f"- Grades: {', '.join(f'{letter} from {cutoff:.4f}' for letter, cutoff in terms.grades.items())}, D below"
    yield ""
    yield "## Judged on the untouched last window"
    yield ""
    yield "| measure | value | interval |"
    yield "|---|---|---|"
    for name, found in evaluation["model"].items():
        if isinstance(found, dict) and {"value", "low", "high"} <= set(found) and found["value"] is not None:
            yield f"| {name} | {found['value']:.4f} | {_interval(found)} |"
    yield ""
    yield "## Findings"
    yield ""
    yield from [f"- {finding['en']}" for finding in evaluation["findings"]] or ["- none"]
    yield ""
    yield "## Not for"
    yield ""
    yield "- judging a person, or deciding on credit, insurance or employment"
    yield "- proving what causes conversion: reasons say what went together with it in the past"
    yield "- leads of a kind that the history does not hold"


def _interval(found: dict[str, Any]) -> str:
    if found["low"] is None or found["high"] is None:
        return "–"
    return f"{found['low']:.4f} to {found['high']:.4f}"
