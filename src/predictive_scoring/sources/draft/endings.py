"""How a draft tells who converted: by stages, by a log of events, by a stage and its date in the leads, or flat."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from predictive_scoring.contract.attribute_names import attribute_name
from predictive_scoring.engine.duck import Engine, literal
from predictive_scoring.sources.draft.attributes import Attributes, Context, attributes_of
from predictive_scoring.sources.draft.entry import Entry, Guess
from predictive_scoring.sources.draft.event_log import Log, LogKinds, lifecycle_of, log_kinds
from predictive_scoring.sources.draft.evidence import FileEvidence
from predictive_scoring.sources.draft.mapping import stage_column
from predictive_scoring.sources.draft.outcome import flat_outcome, ours
from predictive_scoring.sources.draft.profile import Column
from predictive_scoring.sources.draft.roles import Part
from predictive_scoring.sources.draft.table import Mapped, table_entry
from predictive_scoring.sources.draft.vocabulary import likeness, says_one_of

CLOSING = ("close", "closed", "closing", "won", "converted", "conversion", "cierre", "cerrado", "cerrada", "ganado")
NEEDED = ("lead_id", "occurred_at", "stage")
NOT_LISTED_STAGES = 12


@dataclass
class Ending:
    """Where the outcomes are.

    `labels` is SQL of `_record` and `converted` for the leads' rows, empty if it cannot be told; the entries go under
    `tables.outcomes`, `tables.leads` and, by the file's number, `tables.activities`; `taken` are headers of the leads.
    """

    labels: str = ""
    outcomes: list[Entry] = field(default_factory=list)
    of_leads: tuple[Entry, ...] = ()
    of_activities: dict[int, tuple[Entry, ...]] = field(default_factory=dict)
    taken: frozenset[str] = frozenset()
    is_flat: bool = False


def from_stages(
    leads: FileEvidence, key: Column | None, given: Sequence[tuple[Part, Mapped]], base: Path
) -> Ending | None:
    """Return the ending told by tables of stages, or None if no file is a whole one."""
    ending = Ending()
    converted = []
    for part, mapped in given:
        if any(role not in mapped.columns for role in NEEDED):
            continue
        stage = mapped.columns["stage"]
        won = [value for value, _ in stage.levels if ours(value) == "won"]
        rest = attributes_of(Context(part.file, mapped.headers)).entries
        unread = Attributes([_unused(entry, "outcomes have no attributes") for entry in rest])
        ending.outcomes.append(table_entry(part, mapped, base, unread, stage_entries(stage)))
        converted.append(_ids_where(part.file, mapped.columns["lead_id"], stage, won))
    if not ending.outcomes:
        return None
    ending.labels = _labels(leads, key, " union ".join(converted))
    return ending


def _unused(entry: Entry, why: str) -> Entry:
    guess = Guess(f"{entry.key!r} is not read", why, "likely")
    return Entry(entry.key, entry.value, guesses=(guess,), is_active=False)


def stage_entries(stage: Column) -> tuple[Entry, ...]:
    """Return the key `stages`: what the source calls won and lost, in our words."""
    names = {value: name for value, _ in stage.levels if (name := ours(value))}
    because = f"the words of its {len(stage.levels)} stages: " + ", ".join(
        repr(value) for value, _ in stage.levels[:NOT_LISTED_STAGES]
    )
    if "won" not in names.values():
        guess = Guess("which stage means that the lead converted", f"none of {because}", "unsure")
        return (Entry("stages", {"<their word>": "won"}, guesses=(guess,), is_active=False),)
    renamed = {value: name for value, name in names.items() if value != name}
    guess = Guess("the stages that end a lead", because, "likely")
    return (Entry("stages", renamed or {"won": "won"}, guesses=(guess,), is_active=bool(renamed)),)


def from_log(
    engine: Engine, leads: FileEvidence, key: Column | None, given: Sequence[tuple[Part, Mapped]], base: Path
) -> Ending | None:
    """Return the ending told by a log of events that holds the outcomes too, or None if none does."""
    for part, mapped in given:
        if any(role not in mapped.columns for role in ("lead_id", "occurred_at", "kind")):
            continue
        written = part.file.types[mapped.columns["occurred_at"].header].instants
        lifecycle = lifecycle_of(part.file.look)
        counts = f"upper({lifecycle.cell}) = 'COMPLETE'" if lifecycle else "true"
        lead, at, kind = (mapped.columns[role] for role in ("lead_id", "occurred_at", "kind"))
        found = log_kinds(engine, Log(part.file.look, lead, at, kind, written.formats[0] if written else None, counts))
        if not found.has_outcomes:
            continue
        won = [name for name, ours_ in found.ends.items() if ours_ == "won"]
        return Ending(
            labels=_labels(leads, key, _ids_where(part.file, lead, kind, won)),
            outcomes=[_outcomes_of_log(part, mapped, found, base)],
            of_activities={part.file.number: _kinds_of_log(lifecycle, found)},
        )
    return None


def _outcomes_of_log(part: Part, mapped: Mapped, found: LogKinds, base: Path) -> Entry:
    roles = Mapped()
    for role, other in (
        ("lead_id", "lead_id"),
        ("occurred_at", "occurred_at"),
        ("recorded_at", "recorded_at"),
        ("stage", "kind"),
    ):
        roles.put(role, mapped.columns.get(other), mapped.guesses.get(other))
    guess = Guess(
        "the log holds the outcomes too", "some kinds sound like ends, and after them hardly anything happens", "likely"
    )
    own = Part("outcomes", part.file, guess)
    more = (Entry("only_listed", True), Entry("stages", dict(found.ends)))
    return table_entry(own, roles, base, Attributes(), more)


def _kinds_of_log(lifecycle: Column | None, found: LogKinds) -> tuple[Entry, ...]:
    entries = []
    if lifecycle is not None:
        word = next(value for value, _ in lifecycle.levels if value.strip().lower() == "complete")
        guess = Guess(
            "a step counts when it is complete", f"{lifecycle.header!r} tells its schedule and start apart", "likely"
        )
        entries.append(Entry("only", {lifecycle.header: [word]}, guesses=(guess,)))
    ends = [Guess(f"{name!r} is not an activity", "it is an outcome", "likely") for name in found.ends]
    others = [Guess(f"{name!r} is left out", why, "likely") for name, why in found.left_out.items()]
    kept = tuple(Entry(name, attribute_name(name)) for name in found.kept)
    entries.append(Entry("only_listed", True, guesses=(*ends, *others)))
    return (*entries, Entry("kinds", below=kept))


def from_leads(leads: Part, mapped: Mapped, base: Path) -> Ending | None:
    """Return the ending told by a stage and the date it was reached, both columns of the leads; None without them."""
    stage = stage_column(leads.file)
    if stage is None or "lead_id" not in mapped.columns or "created_at" not in mapped.columns:
        return None
    won = [value for value, _ in stage.levels if ours(value) == "won"]
    dates = [c for c in leads.file.of_type("date") if c.header not in mapped.headers and says_one_of(c.header, CLOSING)]
    if not won or not dates:
        return None
    closed = max(dates, key=lambda column: likeness(column.header, "occurred_at"))
    roles = Mapped()
    roles.put("lead_id", mapped.columns["lead_id"], mapped.guesses["lead_id"])
    roles.put(
        "occurred_at",
        closed,
        Guess(f"{closed.header!r} is when the lead ended", "an instant whose name says so", "likely"),
    )
    roles.put("stage", stage, Guess(f"{stage.header!r} is how it ended", "its values speak of won and lost", "likely"))
    own = Part(
        "outcomes", leads.file, Guess("the leads hold their outcomes", "a stage and a date of closing", "likely")
    )
    listed = {value: name for value, _ in stage.levels if (name := ours(value))}
    more = (Entry("only_filled", [closed.header]), Entry("only_listed", True), Entry("stages", listed))
    return Ending(
        labels=_in_place(leads.file, stage, won),
        outcomes=[table_entry(own, roles, base, Attributes(), more)],
        taken=frozenset({stage.header, closed.header}),
    )


def from_flat(leads: FileEvidence) -> Ending | None:
    """Return the ending told by a column of a flat table, or None if no column can tell it."""
    found = flat_outcome(leads)
    if found is None:
        return None
    labels = _in_place(leads, found.column, list(found.converted))
    if found.undecided:
        labels += f" and trim({found.column.cell}) not in ({_listed(list(found.undecided))})"
    return Ending(
        labels=labels,
        of_leads=(Entry("outcome", found.value, guesses=found.guesses),),
        taken=frozenset({found.column.header}),
        is_flat=True,
    )


def nowhere() -> Ending:
    """Return the ending of files that do not tell who converted."""
    guess = Guess(
        "where the outcomes are",
        "no file and no column tells who converted; without it nothing can be learned",
        "unsure",
    )
    value = {"column": "<header>", "converted": ["<value>"]}
    return Ending(of_leads=(Entry("outcome", value, guesses=(guess,), is_active=False),))


def _in_place(file: FileEvidence, column: Column, won: list[str]) -> str:
    cell = f"trim({column.cell})"
    return f"select _record, {cell} in ({_listed(won)}) as converted from {file.look.rows} where {cell} <> ''"


def _ids_where(file: FileEvidence, lead: Column, stage: Column, won: list[str]) -> str:
    return f"select {lead.cell} from {file.look.rows} where trim({stage.cell}) in ({_listed(won)})"


def _labels(leads: FileEvidence, key: Column | None, ids: str) -> str:
    if key is None:
        return ""
    return f"select _record, {key.cell} in ({ids}) as converted from {leads.look.rows} where {key.cell} is not null"


def _listed(words: list[str]) -> str:
    return ", ".join(literal(word.strip()) for word in words) or "''"
