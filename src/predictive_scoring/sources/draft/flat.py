"""What stands in for ids and instants in a table without: how rows are told apart, and in which order they lie."""

from predictive_scoring.engine.duck import Engine
from predictive_scoring.sources.draft.entry import Confidence, Entry, Guess
from predictive_scoring.sources.draft.evidence import FileEvidence
from predictive_scoring.sources.draft.vocabulary import IN_TIME, says_one_of

SOME_COPIES = 0.01
MANY_COPIES = 0.125  # more than chance makes of a dozen columns of few values
BLOCKS_OF_A_VALUE = 5  # a month comes again each year
ROWS_OF_A_BLOCK = 10
MIN_ROWS = 200


def ids_entry(engine: Engine, file: FileEvidence) -> Entry:
    """Return the key `lead_ids`: equal rows are one lead where there are many of them."""
    cells = ", ".join(column.cell for column in file.look.columns)
    n_copies = file.look.n_rows - engine.scalar(f"select count(*) from (select distinct {cells} from {file.look.rows})")
    share = n_copies / max(1, file.look.n_rows)
    value = "content" if share > MANY_COPIES else "rows"
    why = "equal rows are one lead" if value == "content" else "too few for copies: each row is a lead"
    because = f"no column is an id; {n_copies:,} of {file.look.n_rows:,} rows are copies of another, {why}"
    confidence: Confidence = "unsure" if share > SOME_COPIES else "likely"
    return Entry("lead_ids", value, guesses=(Guess(f"lead_ids: {value}", because, confidence),))


def order_entry(engine: Engine, file: FileEvidence) -> Entry:
    """Return the key `order`: rows where a month or a year runs through the file in blocks, else none."""
    for column in file.look.columns:
        if not says_one_of(column.header, IN_TIME) or len(column.levels) < 2 or file.look.n_rows < MIN_ROWS:
            continue
        above = f"lag({column.cell}, 1, {column.cell}) over (order by _record)"
        n_changes = engine.scalar(
            f"select count(*) from (select {column.cell} is distinct from {above} as changes from {file.look.rows}) "
            "where changes"
        )
        if n_changes <= BLOCKS_OF_A_VALUE * len(column.levels) and n_changes * ROWS_OF_A_BLOCK <= file.look.n_rows:
            because = f"{column.header!r} changes only {n_changes:,} times in {file.look.n_rows:,} rows"
            return Entry("order", "rows", guesses=(Guess("order: rows", because, "likely"),))
    because = (
        "no instant, and no month or year that runs through the file; if its rows lie in the order of time, say rows"
    )
    return Entry("order", "none", guesses=(Guess("order: none", because, "unsure"),))
