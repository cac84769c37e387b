"""Instants: formats, offsets, clock changes, placeholders."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from source_builder import broken, column, extract_leads

from predictive_scoring.engine.duck import literal, open_engine
from predictive_scoring.errors import ConfigurationError
from predictive_scoring.sources.typing_sql import instant


def read_instant(text: str, form: str | None = None, zone: str = "UTC") -> datetime | None:
    with open_engine() as engine:
        found = engine.sql(f"select {instant(literal(text), form, zone)} as found")["found"][0].as_py()
    return found and found.astimezone(UTC)


@pytest.mark.parametrize(
    "text",
    ["2024-03-01T12:00:00Z", "2024-03-01 13:00:00+01:00", "2024-03-01T13:00+01", "2024-03-01 13:00:00.000 +0100",
     "2024-03-01 12:00:00 UTC", "2024-03-01 12:00"],
)  # fmt: skip
def test_C05_the_same_instant_in_many_spellings(text):
    assert read_instant(text) == datetime(2024, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["2023-02-29", "2024-01-01 24:00", "2024-01-01 23:59:60", "03/04/2024", "45292", "1704067200000", "infinity",
     "today", "1900-01-01", "1970-01-01 00:28:24", "9999-12-31", "2024-1-1", "2024-01-01T10"],
)  # fmt: skip
def test_C10_C11_C12_C13_what_is_no_instant_of_the_declared_form_is_none(text):
    assert read_instant(text) is None


def test_microseconds_are_kept_and_finer_ones_cut():
    assert read_instant("2024-01-01T00:00:00.1234569Z") == datetime(2024, 1, 1, 0, 0, 0, 123456, tzinfo=UTC)


def test_C07_a_time_that_the_clocks_skip_moves_forward_by_the_change():
    assert read_instant("2024-03-31 02:30:00", zone="Europe/Madrid") == datetime(2024, 3, 31, 1, 30, tzinfo=UTC)


def test_C08_a_time_that_happens_twice_is_the_first():
    assert read_instant("2024-10-27 02:30:00", zone="Europe/Madrid") == datetime(2024, 10, 27, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "zone", ["Europe/Madrid", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Easter"]
)
@pytest.mark.parametrize("month", range(1, 13))
def test_local_times_agree_with_the_standard_library_every_half_hour(zone, month):
    """An independent reading: `fold=0` is the first of two; times that do not exist are tested above."""
    with open_engine() as engine:
        query = (
            f"select cast(t as varchar) as text, {instant('cast(t as varchar)', None, zone)} as found from "
            f"(select timestamp '2023-{month:02}-01' + i * interval 30 minute as t from range(1488) as r(i))"
        )
        rows = engine.sql(query).to_pylist()
    for row in rows:
        expected = datetime.fromisoformat(row["text"]).replace(tzinfo=ZoneInfo(zone))
        exists = expected.astimezone(UTC).astimezone(expected.tzinfo).replace(tzinfo=None) == expected.replace(
            tzinfo=None
        )
        assert not exists or row["found"].astimezone(UTC) == expected.astimezone(UTC), row


@pytest.mark.parametrize(
    ("text", "form", "expected"),
    [("03/04/2024", "%d/%m/%Y", datetime(2024, 4, 3, tzinfo=UTC)),
     ("1704067200", "epoch_s", datetime(2024, 1, 1, tzinfo=UTC)),
     ("1704067200000", "epoch_ms", datetime(2024, 1, 1, tzinfo=UTC)),
     ("1704067200000", "epoch_s", None),
     ("1704067200", "epoch_ms", None),
     ("01.02.2024 10:00 +0100", "%d.%m.%Y %H:%M %z", datetime(2024, 2, 1, 9, tzinfo=UTC))],
)  # fmt: skip
def test_C09_C11_declared_formats_are_the_only_ones_read(text, form, expected):
    assert read_instant(text, form) == expected


def test_C06_instants_without_an_offset_need_a_time_zone(tmp_path):
    with pytest.raises(ConfigurationError, match=r"without an offset in \['at'\]"):
        extract_leads(tmp_path, "id,at\nL1,2024-01-01T00:00:00Z\nL2,2024-01-01 00:00:00\n", timezone=None)
    history = extract_leads(tmp_path, "id,at\nL1,2024-01-01T00:00:00Z\n", timezone=None)
    assert column(history, "leads", "created_at") == [datetime(2024, 1, 1, tzinfo=UTC)]


def test_C09_dates_that_may_be_read_two_ways_need_a_format(tmp_path):
    with pytest.raises(ConfigurationError, match=r"need a format[\s\S]*created_at: … for 'at'"):
        extract_leads(tmp_path, "id,at\nL1,03/04/2024\nL2,04/05/2024\n")


def test_C10_a_row_in_another_format_is_quarantined(tmp_path):
    table = {"formats": {"created_at": "%d/%m/%Y"}}
    history = extract_leads(tmp_path, "id,at\nL1,03/04/2024\nL2,2024-05-04\nL3,31/02/2024\n", table)
    assert broken(history) == [(3, "bad_timestamp"), (4, "bad_timestamp")]


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [("45292", "UTC", datetime(2024, 1, 1, tzinfo=UTC)),
     ("45292.5", "Europe/Madrid", datetime(2024, 1, 1, 11, tzinfo=UTC)),
     ("45292.4270833333", "UTC", datetime(2024, 1, 1, 10, 15, tzinfo=UTC)),
     *[(text, "UTC", None) for text in ("2", "1704067200", "-5", "1e300", "inf", "nan", "2024-01-01")]],
)  # fmt: skip
def test_C11_a_workbooks_day_numbers_are_read_where_they_are_declared(text, zone, expected):
    assert read_instant(text, "excel", zone) == expected


@pytest.mark.parametrize("form", ["epoch_s", "epoch_ms", "epoch_us"])
@pytest.mark.parametrize(
    "text", ["9223372036854775807", "-9223372036854775808", "99999999999999999999", "1e30", "", "0"]
)
def test_C11_numbers_out_of_bounds_are_no_instants_and_no_crash(text, form):
    assert read_instant(text, form) is None


def test_C12_what_is_declared_to_stand_for_nothing_is_nothing(tmp_path):
    date = {"type": "date", "known": "at_creation"}
    table = {"attributes": {"founded": date}, "blanks": {"founded": ["1900-01-01", " n/a"]}}
    leads = "id,at,founded\nL1,2024-01-01,1900-01-01\nL2,2024-01-01,n/a \nL3,2024-01-01,1999-05-01\nL4,1900-01-01,\n"
    history = extract_leads(tmp_path, leads, table)
    assert column(history, "leads", "founded") == [None, None, datetime(1999, 5, 1, tzinfo=UTC)]
    assert broken(history) == [(5, "bad_timestamp")], "it was declared of another column"


def test_C12_blanks_of_a_column_that_is_not_read_are_refused(tmp_path):
    with pytest.raises(ConfigurationError, match=r"blanks of columns that are not read: \['At'\]"):
        extract_leads(tmp_path, "id,at\nL1,2024-01-01\n", {"blanks": {"At": ["x"]}})


def test_C13_a_row_with_a_day_or_an_hour_that_does_not_exist_is_quarantined(tmp_path):
    instants = ["2024-02-29", "2024-02-30", "2024-01-01T24:00:00Z", "2016-12-31T23:59:60Z", "2024-01-01T23:59:59Z"]
    instants += ["2024-01-01T00:00:00Z"]
    history = extract_leads(tmp_path, "id,at\n" + "".join(f"L{i},{at}\n" for i, at in enumerate(instants)))
    assert broken(history) == [(3, "bad_timestamp"), (4, "bad_timestamp"), (5, "bad_timestamp")]
    assert column(history, "leads", "lead_id") == ["L0", "L4", "L5"]
