"""Where the outcome is: a column of one flat table, a table of stages, or the last steps of a log of events."""

from dataclasses import dataclass

from predictive_scoring.sources.draft.entry import Confidence, Guess
from predictive_scoring.sources.draft.evidence import FileEvidence
from predictive_scoring.sources.draft.profile import Column
from predictive_scoring.sources.draft.vocabulary import LOST, OUTCOME, WON, YES, plain, says_one_of

MAX_STAGES = 12
CONVERTING = (0.0005, 0.7)  # shares of leads that convert in histories that people bring
CLEAR = 2.5  # of a score that more than the place of the column speaks for
CLOSE = 1.0  # a runner-up this close makes the choice an open question


@dataclass(frozen=True)
class FlatOutcome:
    """The column of a flat table that says who converted, the values that mean yes, and why.

    Of several other values those that sound like an end mean no, and the rest are not decided yet.
    """

    column: Column
    converted: tuple[str, ...]
    not_converted: tuple[str, ...]
    undecided: tuple[str, ...]
    guesses: tuple[Guess, ...]

    @property
    def value(self) -> dict[str, object]:
        """What stands under `outcome`; lists that are not needed are left out."""
        lists = {"not_converted": self.not_converted, "undecided": self.undecided}
        needed = {name: list(values) for name, values in lists.items() if values}
        return {"column": self.column.header, "converted": list(self.converted), **needed}


def flat_outcome(file: FileEvidence) -> FlatOutcome | None:
    """Return the likeliest outcome of a table of one row a lead, or None if no column can be one.

    Names speak first (`Converted`, `Status`, `y`), then values (`Won`, `yes`), then the place: people put it last.
    """
    scored = [(column, *_score(file, column)) for column in file.look.columns]
    possible = sorted((each for each in scored if each[1] > 0), key=lambda each: -each[1])
    if not possible:
        return None
    column, score, reasons = possible[0]
    converted, sure_of_values = _converted_values(file, column)
    runners_up = [each[0].header for each in possible[1:] if score - each[1] < CLOSE]
    confidence: Confidence = "likely" if score >= CLEAR and sure_of_values and not runners_up else "unsure"
    share = sum(n for value, n in column.levels if value in converted) / max(1, column.n_filled)
    also = f"; {runners_up} could be it too" if runners_up else ""
    because = f"{', '.join(reasons)}; {', '.join(map(repr, converted))} in {share:.1%} of the rows{also}"
    guess = Guess(f"the outcome is {column.header!r}", because, confidence)
    others = tuple(value for value, _ in column.levels if value not in converted)
    if len(others) <= 1:
        return FlatOutcome(column, converted, (), (), (guess,))
    lost = tuple(value for value in file.words_in(column, LOST) if value in others) or others
    undecided = tuple(value for value in others if value not in lost)
    return FlatOutcome(column, converted, lost, undecided, (guess, _guess_of_others(lost, undecided)))


def _guess_of_others(lost: tuple[str, ...], undecided: tuple[str, ...]) -> Guess:
    """Return the open question of what several values mean that do not mean yes."""
    says = f"{', '.join(map(repr, lost))} mean that the lead did not convert"
    if undecided:
        return Guess(says, f"their words; {', '.join(map(repr, undecided))} are taken for not decided yet", "unsure")
    return Guess(says, "no word tells those that are not decided yet; if there are, list them as `undecided`", "unsure")


def _score(file: FileEvidence, column: Column) -> tuple[float, list[str]]:
    n_values = len(column.levels)
    won, lost = file.words_in(column, WON), file.words_in(column, LOST)
    if n_values < 2 or (n_values > 2 and not won) or n_values > MAX_STAGES or column.header in file.personal:
        return 0.0, []
    converted, _ = _converted_values(file, column)
    share = sum(n for value, n in column.levels if value in converted) / column.n_filled
    reasons, score = ["few values, one of them means yes"], 0.5
    if not CONVERTING[0] <= share <= CONVERTING[1]:
        score -= 1.0
        reasons.append("though that many seldom convert")
    if said := says_one_of(column.header, OUTCOME):
        score += 3.0 if plain(column.header) == said else 1.0
        reasons.append(f"the name says {said!r}")
    if won or lost:
        score += 1.5 if won and lost else 0.5
        reasons.append(f"its values speak of an end ({', '.join(map(repr, [*won, *lost]))})")
    if column is file.look.columns[-1]:
        score += 1.5
        reasons.append("it is the last column")
    return score, reasons


def _converted_values(file: FileEvidence, column: Column) -> tuple[tuple[str, ...], bool]:
    """Return the values that mean yes, and whether their words say so."""
    lost = set(file.words_in(column, LOST))
    won = tuple(value for value in file.words_in(column, WON) if value not in lost and not _denies(value))
    if won:
        return won, True
    yes = tuple(value for value, _ in column.levels if value.strip().lower() in (*YES, "sí"))
    return (yes, True) if yes else (tuple(value for value, _ in column.levels[-1:]), False)


def _denies(value: str) -> bool:
    return says_one_of(value, ("not", "no", "non", "un", "never")) is not None


def ours(stage: str) -> str | None:
    """Return what the pipeline calls an end: `won` or `lost`; None for any other stage.

    Examples
    --------
    >>> ours("Closed Won"), ours("Perdida"), ours("Demo held")
    ('won', 'lost', None)
    """
    if says_one_of(stage, LOST) or _denies(stage):
        return "lost" if says_one_of(stage, LOST) else None
    return "won" if says_one_of(stage, WON) else None
