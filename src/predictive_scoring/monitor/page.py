"""The page for the person on duty: what is wrong first, then the figures."""

from collections.abc import Iterator
from typing import Any

from predictive_scoring.evaluate.findings import percent
from predictive_scoring.monitor.watch import Watch

N_INPUTS = 12
_TITLES = {"alarm": "Alarms", "warning": "Warnings", "note": "Notes"}


def page(found: Watch) -> str:
    """Return the page as Markdown."""
    return "\n".join(_lines(found)) + "\n"


def headline(found: Watch) -> Iterator[str]:
    """Yield what a terminal shows: the verdict, then alarms and warnings."""
    n_input, n_quality = len(found.alarms("input")), len(found.alarms("quality"))
    leads = f"{found.today.n_leads:,} of {found.today.n_open:,} open leads as of {found.today.as_of:%Y-%m-%d %H:%M} UTC"
    yield f"{found.model_version}: {leads}; alarms: {n_input} about inputs, {n_quality} about realised quality"
    for severity in ("alarm", "warning"):
        yield from (f"{severity}: {each.text}" for each in found.findings if each.severity == severity)


def _lines(found: Watch) -> Iterator[str]:
    verdict = next(headline(found))
    yield f"# Monitoring: {found.target}"
    yield ""
    yield f"{verdict}. History: {found.source}."
    for severity, title in _TITLES.items():
        said = [each for each in found.findings if each.severity == severity]
        if said:
            yield from ("", f"## {title}", "")
            yield from (f"- {_plain(each.text)}" for each in said)
    yield from _today(found)
    yield from _matured(found)


def _today(found: Watch) -> Iterator[str]:
    now = found.today
    if now.drifts:
        yield from ("", "## Inputs that moved most", "", "| input | PSI | by chance | usual | drifts | shift |")
        yield "|---|---|---|---|---|---|"
        for drift in now.drifts[:N_INPUTS]:
            sizes = f"{drift.psi:.3f} | {drift.noise:.3f} | {drift.usual:.3f}"
            yield f"| {_plain(drift.name)} | {sizes} | {'yes' if drift.drifts else ''} | {_plain(drift.shift)} |"
    if now.estimate:
        auc, brier = now.estimate.auc, now.estimate.brier
        yield from ("", "## Estimated quality", "", "| | now | interval | when made |", "|---|---|---|---|")
        yield f"| AUC | {_number(auc['value'])} | {_between(auc)} | {_number(now.estimate.reference_auc)} |"
        then = _number(now.estimate.reference_brier)
        yield f"| Brier score | {_number(brier['value'])} | {_between(brier)} | {then} |"
    if now.grades:
        shares = ", ".join(f"{grade} {percent(share)}" for grade, share in sorted(now.grades.items()))
        yield from ("", f"Grades: {shares}.")
    unusual = [volume for volume in now.volumes if volume.unusual] or now.volumes[:1]
    if unusual:
        yield from ("", "## Volume", "", "| of | group | latest period | usual |", "|---|---|---|---|")
        yield from (f"| {_plain(v.of)} | {_plain(v.group)} | {v.latest:,} | {v.usual:,.1f} |" for v in unusual)


def _matured(found: Watch) -> Iterator[str]:
    rows = [*((run["as_of"][:10], run) for run in found.runs)]
    if found.together and len(rows) > 1:
        rows.append(("all", found.together))
    if rows:
        yield from ("", "## What became of the leads", "")
        yield "| as of | leads | converted | said | happened | AUC | interval | lift of the best fifth |"
        yield "|---|---|---|---|---|---|---|---|"
        yield from (f"| {name} | {_realised(figures)} |" for name, figures in rows)
    if found.grades:
        yield from ("", "| grade | leads | expected | converted | contacted | by lot | by lot converted |")
        yield "|---|---|---|---|---|---|---|"
        for grade in found.grades:
            contacted = "–" if grade["contacted_share"] is None else percent(grade["contacted_share"])
            counts = f"{grade['leads']:,} | {grade['expected']:.1f} | {grade['converted']:,} | {contacted}"
            yield f"| {grade['grade']} | {counts} | {grade['by_lot']:,} | {grade['by_lot_converted']:,} |"


def _realised(run: dict[str, Any]) -> str:
    counts = f"{run['leads']:,} | {run['converted']:,} | {percent(run['said'])} | {percent(run['happened'])}"
    auc, lift = run["roc_auc"], run["lift_at_20pct"]
    return f"{counts} | {_number(auc['value'])} | {_between(auc)} | {_number(lift['value'])}"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _between(found: dict[str, float | None]) -> str:
    return "–" if found["low"] is None else f"{found['low']:.3f} to {found['high']:.3f}"


def _plain(text: str) -> str:
    """Return text that is no markup: a value of a CRM may hold anything."""
    shown = "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)
    return shown.replace("|", r"\|").replace("<", "&lt;")
