"""The files look like a CRM's export, say what was drawn, and are the same every time."""

import hashlib
import json
import re

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from small_world import SMALL

from predictive_scoring.config.automatic import Automatic
from predictive_scoring.config.extract import Extract
from predictive_scoring.config.simulate import Simulate
from predictive_scoring.sources.extract import extract
from predictive_scoring.sources.simulator import codes
from predictive_scoring.sources.simulator.export import SPOILT_ROWS, csv_bytes, with_duplicates
from predictive_scoring.sources.simulator.write import draw_world, simulate

FILES = {"accounts.csv", "leads.csv", "activities.csv", "stages.csv", "truth.parquet", "truth.json"}


def digests(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def world():
    return draw_world(SMALL, 1)[0]


@pytest.fixture(scope="module")
def history(export, tmp_path_factory, demo_yaml):
    project = tmp_path_factory.mktemp("project")
    end = SMALL.ends_at.strftime("%Y-%m-%dT00:00:00Z")
    text = re.sub(r'exported_at: ".*"', f'exported_at: "{end}"', demo_yaml.read_text(encoding="utf-8"))
    source = project / "demo.yaml"
    source.write_text(text.replace("../raw/demo/", f"{export}/"), encoding="utf-8")
    return extract(source, project / "interim", Extract())


def test_the_same_settings_give_the_same_bytes(export, tmp_path):
    simulate(SMALL, 1, tmp_path / "again")
    assert digests(tmp_path / "again") == digests(export)
    assert set(digests(export)) == FILES


def test_another_seed_gives_another_world(export, tmp_path):
    simulate(SMALL.model_copy(update={"seed": 6}), 1, tmp_path / "other")
    assert not set(digests(tmp_path / "other").values()) & set(digests(export).values())


def test_everything_says_that_it_is_simulated(export, history):
    assert json.loads((export / "truth.json").read_text(encoding="utf-8"))["simulated"] is True
    assert history.facts.simulated


def test_reading_the_export_gives_back_exactly_what_was_drawn(history, world):
    kinds = world.events[:, 3]
    assert history.facts.rows["leads"].kept == len(world.leads)
    assert history.facts.rows["activities"].kept == (kinds <= codes.ANONYMOUS).sum()
    assert history.facts.rows["outcomes"].kept == np.isin(kinds, (codes.MQL, codes.SQL, codes.WON, codes.LOST)).sum()
    assert history.facts.rows["accounts"].kept == SMALL.n_accounts
    known = pq.read_table(history.path("activities"), columns=["known_at"])["known_at"].cast(pa.int64())
    drawn = np.maximum(world.recorded, world.occurred)
    is_kept = (kinds <= codes.ANONYMOUS) & (drawn < SMALL.ends_at.timestamp() * 1e6)
    settle = 1_000_000 * Automatic().settle_seconds * np.isin(kinds, (codes.OPEN, codes.CLICK))
    assert settle[is_kept].any()
    assert sorted(known.to_pylist()) == sorted((drawn + settle)[is_kept].tolist())


def test_every_spoilt_row_is_quarantined_and_nothing_else(history):
    for table, spoilt in (("leads", "leads"), ("activities", "activities"), ("outcomes", "stages")):
        assert sum(history.facts.rows[table].quarantined.values()) == len(SPOILT_ROWS[spoilt])


def test_each_instant_lies_inside_its_day(world):
    day = (world.occurred - int(pd.Timestamp("2023-01-02", tz="UTC").timestamp()) * 10**6) / 86_400_000_000
    assert np.array_equal(np.floor(day), world.events[:, 2])
    assert (day != np.floor(day)).all()
    assert (world.recorded >= world.occurred).all()


def test_on_mondays_nothing_has_occurred_that_is_not_known(world):
    week = 7 * 86_400_000_000
    start = int(pd.Timestamp("2023-01-02", tz="UTC").timestamp()) * 10**6
    assert np.array_equal((world.occurred - start) // week, (world.recorded - start) // week)
    late = world.events[:, 4] > 0
    assert late.any()
    assert (world.events[late, 3] == codes.WEBINAR).all()
    assert (world.recorded[late] // 86_400_000_000 > world.occurred[late] // 86_400_000_000).all()


def test_no_lead_acts_before_it_is_created_or_after_it_opted_out(world):
    created, opted_out = {}, {}
    for number, kind, at in zip(world.lead_numbers, world.events[:, 3], world.occurred, strict=True):
        if kind == codes.CREATED:
            created[number] = at
        elif kind == codes.OPT_OUT:
            opted_out[number] = at
    assert opted_out
    for number, kind, at in zip(world.lead_numbers, world.events[:, 3], world.occurred, strict=True):
        if number >= 0 and kind not in (codes.CREATED, codes.OPT_OUT):
            assert created[number] < at < opted_out.get(number, np.inf)


def test_stages_come_in_order_and_customers_log_in_after_they_bought(world):
    at = {(n, k): t for n, k, t in zip(world.lead_numbers, world.events[:, 3], world.occurred, strict=True)}
    assert all(at[n, codes.MQL] < t for (n, k), t in at.items() if k == codes.SQL)
    assert any(k == codes.LOGIN and at.get((n, codes.WON), np.inf) < t for (n, k), t in at.items())


def test_ids_follow_creation(world):
    created = world.events[:, 3] == codes.CREATED
    order = np.argsort(world.ids[world.lead_numbers[created]])
    assert (np.diff(world.occurred[created][order]) >= 0).all()


def test_the_source_file_names_the_end_of_the_default_world_and_words_for_everything_in_it(demo_yaml, world, export):
    text = demo_yaml.read_text(encoding="utf-8")
    assert f'exported_at: "{Simulate().ends_at:%Y-%m-%dT%H:%M:%SZ}"' in text
    for name in ("activities", "stages", "leads", "accounts"):
        frame = pd.read_csv(export / f"{name}.csv", on_bad_lines="skip")
        columns = {"activities": ["kind"], "stages": ["stage"], "accounts": ["industry", "country"]}
        for column in columns.get(name, ["channel", "seniority", "department", "form_language", "lead_rating"]):
            counts = frame[column].value_counts()
            assert [value for value in counts[counts > 3].index if f"{value}: {{en:" not in text] == []


def test_a_row_in_a_hundred_is_repeated():
    table = pa.table({"a": list(range(1000))})
    assert with_duplicates(table, np.random.default_rng(0)).num_rows == 1010


def test_spoilt_rows_stand_between_the_others_and_change_none_of_them():
    table = pa.table({"a": list(range(50))})
    lines = csv_bytes(table, ["x,y", "z"], np.random.default_rng(0)).decode().splitlines()
    assert [line for line in lines if line not in ("x,y", "z")] == ['"a"', *map(str, range(50))]
    assert lines.count("x,y") == lines.count("z") == 1


def test_a_world_whose_length_is_no_number_of_weeks_is_refused():
    with pytest.raises(ValueError, match="multiple of 7"):
        Simulate(n_days=1096)
