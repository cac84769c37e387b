"""Which table each file is, and which of its columns play a part in the contract."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from predictive_scoring.contract.history import TableName
from predictive_scoring.sources.draft.entry import Confidence, Guess
from predictive_scoring.sources.draft.evidence import Evidence, FileEvidence
from predictive_scoring.sources.draft.joins import key_columns
from predictive_scoring.sources.draft.profile import Column
from predictive_scoring.sources.draft.vocabulary import (
    FIRMOGRAPHICS,
    LOST,
    OF_PEOPLE,
    TABLES,
    WON,
    likeness,
    says_one_of,
)

PART_OF_A_NAME = 3.0  # what a file's name weighs
LEAST = 3.0  # of a score for a file to be used at all


@dataclass(frozen=True)
class Part:
    """A file as (a part of) one table; `scores` say how well each table would have fitted."""

    table: TableName
    file: FileEvidence
    guess: Guess


def parts_of(evidence: Evidence) -> tuple[list[Part], list[FileEvidence]]:
    """Return the files with the tables they are, leads first, and the files that are none."""
    if len(evidence.files) == 1:
        guess = Guess("the table of leads", "it is the only file", "likely")
        return [Part("leads", evidence.files[0], guess)], []
    scores = {file.number: _scores(evidence, file) for file in evidence.files}
    leads, accounts = _leads_and_accounts(evidence, scores)
    parts, unused = [], []
    for file in evidence.files:
        given = scores[file.number]
        table: TableName = max(("activities", "outcomes"), key=lambda name: given[name])
        if file is leads or file is accounts:
            table = "leads" if file is leads else "accounts"
        elif given[table] < LEAST or not _can_hold_rows(file):
            unused.append(file)
            continue
        parts.append(Part(table, file, _guess(table, given)))
    order: Sequence[TableName] = ("leads", "accounts", "activities", "outcomes")
    return sorted(parts, key=lambda part: order.index(part.table)), unused


def _guess(table: TableName, scores: dict[TableName, float]) -> Guess:
    others = max(score for name, score in scores.items() if name != table)
    because = ", ".join(f"{name} {score:.1f}" for name, score in sorted(scores.items(), key=lambda item: -item[1]))
    lead = scores[table] - others
    confidence: Confidence = "sure" if lead >= 3 else "likely" if lead >= 1 else "unsure"
    return Guess(f"the table of {table}", f"by its name, keys, instants and joins it fits {because}", confidence)


def _leads_and_accounts(
    evidence: Evidence, scores: dict[int, dict[TableName, float]]
) -> tuple[FileEvidence, FileEvidence | None]:
    """Return the two files, or one, that fit leads and accounts best together."""

    def fit(pair: tuple[FileEvidence, FileEvidence | None]) -> float:
        leads, accounts = pair
        rest = [f for f in evidence.files if f is not leads and f is not accounts]
        total = scores[leads.number]["leads"] + (scores[accounts.number]["accounts"] if accounts else 0)
        total += 2.0 if accounts and evidence.best_join(leads.number, accounts.number) else 0
        return total + sum(max(scores[f.number]["activities"], scores[f.number]["outcomes"], 0) for f in rest)

    pairs: list[tuple[FileEvidence, FileEvidence | None]] = [(file, None) for file in evidence.files]
    pairs += list(itertools.permutations(evidence.files, 2))
    return max(pairs, key=fit)


def _scores(evidence: Evidence, file: FileEvidence) -> dict[TableName, float]:
    """Return how well a file fits each table: its name, its key, its instants and what refers to it."""
    keys = key_columns(file.look, file.types)
    named = {table: PART_OF_A_NAME * bool(says_one_of(file.look.name, words)) for table, words in TABLES.items()}
    n_used_by = sum(join.to_file == file.number for join in evidence.joins)
    refers = 2.0 * any(join.from_file == file.number for join in evidence.joins)
    has_instants = bool(file.of_type("date"))
    in_time = 1.0 if has_instants else -6.0
    created = 1.0 if has_instants else -2.0  # beside other tables a lead needs an instant of creation
    has_email = any("e-mail" in why for why in file.personal.values())
    lead_key = max((likeness(key.header, "lead_id") for key in keys), default=-2.0)
    account_key = max((likeness(key.header, "account_id") for key in keys), default=-4.0)
    of_accounts = 0.0 if named["accounts"] or _is_referred_to(evidence, file) or _is_of_firms(file) else -6.0
    n_rows_apart = 0.0 if any(key.is_key for key in keys) else 2.0
    kind = max((likeness(c.header, "kind") for c in file.of_type("category")), default=0.0)
    stage = max(
        (likeness(c.header, "stage") + 2.0 * _tells_ends(file, c) for c in file.of_type("category")), default=0.0
    )
    return {
        "leads": named["leads"] + 2 * lead_key + created + has_email + min(2, n_used_by),
        "accounts": named["accounts"] + 3 * account_key - has_email + min(1, n_used_by) + of_accounts,
        "activities": named["activities"] + in_time + refers + n_rows_apart + 2 * kind,
        "outcomes": named["outcomes"] + in_time + refers + stage,
    }


def _is_referred_to(evidence: Evidence, file: FileEvidence) -> bool:
    """Whether another file names this one's rows by what sounds like an account's id: leads are referred to as well."""
    return any(
        join.to_file == file.number and join.is_match and likeness(join.to_header, "account_id") > 0
        for join in evidence.joins
    )


def _is_of_firms(file: FileEvidence) -> bool:
    """Whether the columns tell of firms and none of a person: leads have a column of companies too."""
    headers = [column.header for column in file.look.columns]
    has_email = any("e-mail" in why for why in file.personal.values())
    is_of_people = has_email or any(says_one_of(header, OF_PEOPLE) for header in headers)
    return not is_of_people and any(says_one_of(header, FIRMOGRAPHICS) for header in headers)


def _tells_ends(file: FileEvidence, column: Column) -> bool:
    """Whether a column's values speak of deals that were won and of deals that were lost."""
    return bool(file.words_in(column, WON)) and bool(file.words_in(column, LOST))


def _can_hold_rows(file: FileEvidence) -> bool:
    return bool(file.of_type("date"))


def called(columns: Sequence[Column], role: str, least: float = 0.3) -> Column | None:
    """Return the column that sounds most like a column of the contract, the first of equals; None if none does."""
    best = max(columns, key=lambda column: likeness(column.header, role), default=None)
    return best if best is not None and likeness(best.header, role) >= least else None
