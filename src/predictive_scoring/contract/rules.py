"""The rules that a row of a source must keep, and what is read as what; each rule's id stands in quarantine."""

from datetime import UTC, datetime
from enum import StrEnum


class Rule(StrEnum):
    """Why a row was quarantined; a row that breaks several has the first in this order."""

    RAGGED_ROW = "ragged_row"
    CONTROL_CHARACTER = "control_character"
    FIELD_TOO_LONG = "field_too_long"
    MISSING_KEY = "missing_key"
    BAD_TIMESTAMP = "bad_timestamp"
    NOT_A_NUMBER = "not_a_number"
    NOT_A_BOOLEAN = "not_a_boolean"
    NOT_A_DIRECTION = "not_a_direction"
    OUT_OF_BOUNDS = "out_of_bounds"
    FUTURE_ROW = "future_row"
    DUPLICATE_KEY = "duplicate_key"
    UNKNOWN_LEAD = "unknown_lead"
    OUTCOME_BEFORE_CREATION = "outcome_before_creation"
    ACTIVITY_BEFORE_CREATION = "activity_before_creation"


MEANING: dict[Rule, str] = {
    Rule.RAGGED_ROW: "more or fewer fields than the header has, or not valid JSON",
    Rule.CONTROL_CHARACTER: "a control character other than tab and line breaks",
    Rule.FIELD_TOO_LONG: "a field longer than the limit",
    Rule.MISSING_KEY: "an id, instant, kind or stage that the table must have is empty",
    Rule.BAD_TIMESTAMP: "an instant that is not in the declared format, does not exist, or is out of bounds",
    Rule.NOT_A_NUMBER: "a number that does not read as one, or is not finite",
    Rule.NOT_A_BOOLEAN: "neither of the words for yes nor of those for no",
    Rule.NOT_A_DIRECTION: "neither inbound (incoming, entrante) nor outbound (outgoing, saliente)",
    Rule.OUT_OF_BOUNDS: "a number below the declared `min` or above `max`",
    Rule.FUTURE_ROW: "later than the export",
    Rule.DUPLICATE_KEY: "the same id as another row with other content, and not the one updated last",
    Rule.UNKNOWN_LEAD: "neither its lead nor its account is known",
    Rule.OUTCOME_BEFORE_CREATION: "an outcome before its lead was created",
    Rule.ACTIVITY_BEFORE_CREATION: "an activity before its lead was created, where the source file keeps none",
}


FIX: dict[Rule, str] = {
    Rule.RAGGED_ROW: "export with quotes around text, or name the `delimiter` under `read`",
    Rule.CONTROL_CHARACTER: "clean the field where it was typed in",
    Rule.FIELD_TOO_LONG: "leave the column out, or shorten it in the export",
    Rule.MISSING_KEY: "map the column that is always filled, or fill it in the CRM",
    Rule.BAD_TIMESTAMP: "give the column's own form under `formats`",
    Rule.NOT_A_NUMBER: "give `decimal` and `thousands` under `read`, or declare the column a category",
    Rule.NOT_A_BOOLEAN: "declare the column a category",
    Rule.NOT_A_DIRECTION: "map the column that says inbound or outbound, or give `directions` by kind",
    Rule.OUT_OF_BOUNDS: "correct the value where it was typed in; if the column changed its unit, convert it back",
    Rule.FUTURE_ROW: "correct `exported_at`, or the `timezone`",
    Rule.DUPLICATE_KEY: "map `updated_at`, so that the newest row can be kept, or export one row an id",
    Rule.UNKNOWN_LEAD: "export leads and accounts whole, and check that the ids are of the same kind",
    Rule.OUTCOME_BEFORE_CREATION: "map when the lead first came in as created_at; an import's date is later than it",
    Rule.ACTIVITY_BEFORE_CREATION: "say `before_creation: keep` if visitors are only known by name later",
}


class LeftOut(StrEnum):
    """Why a row is left out though it breaks no rule: most by the project's own wish."""

    NOT_SELECTED = "not_selected"  # by `only` and `only_filled`
    NOT_LISTED = "not_listed"  # by `only_listed`
    FOOTER = "footer"  # by `read: {footer: …}`
    OTHER_LEAD = "other_lead"  # by `only_known`
    NO_DOMAIN = "no_domain"  # an account by its domain whose website names none of a company
    SAME_DOMAIN = "same_domain"  # an account whose domain is that of one that was created before
    LATER_MERGE = "later_merge"  # of an id that had gone on under another by then
    AUTOMATIC = "automatic"  # an open or a click that no person can have done, by params.yaml


MAX_FIELD_CHARACTERS = 65_536
EARLIEST_INSTANT = datetime(1971, 1, 1, tzinfo=UTC)  # 1900-01-01 and 1970-01-01 are what systems write for 'no date'
LATEST_INSTANT = datetime(2100, 1, 1, tzinfo=UTC)
EARLIEST_DATE = datetime(1800, 1, 1, tzinfo=UTC)  # an attribute may be old: the year a company was founded
YES = ("yes", "true", "1", "y", "t", "x", "sí", "si", "s", "verdadero")
NO = ("no", "false", "0", "n", "f", "falso")
DIRECTIONS = {
    "inbound": ("inbound", "incoming", "entrante"),
    "outbound": ("outbound", "outgoing", "saliente"),
}
