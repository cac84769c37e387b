"""Exports change from night to night; what does not matter changes no score, and what does is said."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from shutil import copytree
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from predictive_scoring.config.extract import Extract
from predictive_scoring.contract.history import History
from predictive_scoring.errors import ConfigurationError, DataContractError
from predictive_scoring.features.definition import Feature
from predictive_scoring.publish.bundle import Bundle
from predictive_scoring.scoring.job import score
from predictive_scoring.scoring.unseen import refuse_unseen
from predictive_scoring.sources.extract import extract
from predictive_scoring.storage import read_parquet, write_parquet
from small_company import START, small_history

BUSY = START + timedelta(days=380)

LEADS = "id,at,channel\nL1,2025-02-01,referral\nL2,2025-02-02,ads\nL3,2025-02-03,\n"
TOUCHES = "id,at,kind\nL1,2025-02-05,page_view\nL1,2025-02-06,demo_request\nL2,2025-02-07,page_view\n"
CHANNEL = {"channel": {"type": "category", "known": "at_creation"}}
Scores = Callable[..., pd.DataFrame]


@pytest.fixture
def scores(bundle: Bundle, tmp_path: Path) -> Scores:
    """Score three leads whose files a test may change; the columns that may differ from run to run are left out."""
    n_calls = 0

    def call(leads: str = LEADS, touches: str = TOUCHES, **changes: Any) -> pd.DataFrame:
        nonlocal n_calls
        n_calls += 1
        folder = tmp_path / str(n_calls)
        folder.mkdir()
        files = {"leads": leads, "touches": touches, "stages": "id,at,stage\n"}
        for name, text in files.items():
            (folder / f"{name}.csv").write_text(text)
        tables: dict[str, Any] = {
            "leads": {
                "path": "leads.csv",
                "columns": {"lead_id": "id", "created_at": "at"},
                "attributes": CHANNEL,
            },
            "activities": {
                "path": "touches.csv",
                "columns": {"lead_id": "id", "occurred_at": "at", "kind": "kind"},
                **changes.pop("activities_table", {}),
            },
            "outcomes": {"path": "stages.csv", "columns": {"lead_id": "id", "occurred_at": "at", "stage": "stage"}},
        }
        source = {"name": "acme", "licence": "none", "timezone": "UTC", "exported_at": "2025-03-01", **changes}
        (folder / "source.yaml").write_text(json.dumps({**source, "tables": tables}))
        found = score(bundle, folder / "source.yaml", "2025-03-01").drop(columns="scored_at")
        return found.sort_values("lead_id", ignore_index=True)

    return call


def same(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    return one.to_json(date_format="iso") == other.to_json(date_format="iso")


def test_F01_columns_in_another_order_change_no_score(scores: Scores) -> None:
    rows = [line.split(",") for line in LEADS.splitlines()]
    turned = "".join(f"{channel},{number},{at}\n" for number, at, channel in rows)
    assert same(scores(), scores(leads=turned))


def test_F01_planted_bug_values_under_another_header_do_change_them(scores: Scores) -> None:
    assert not same(scores(), scores(leads=LEADS.replace("referral", "x").replace("ads", "referral")))


def test_F03_a_column_that_need_not_be_there_may_be_missing(scores: Scores) -> None:
    with_topic = "".join(
        f"{line},{topic}\n" for line, topic in zip(TOUCHES.splitlines(), ["topic", *"abc"], strict=True)
    )
    mapped = {"lead_id": "id", "occurred_at": "at", "kind": "kind", "topic": "topic"}
    assert same(scores(), scores(touches=with_topic, activities_table={"columns": mapped}))


def test_F02_F03_F06_a_mapped_column_that_is_missing_or_renamed_is_named_with_a_guess(scores: Scores) -> None:
    with pytest.raises(DataContractError, match="channel") as raised:
        scores(leads=LEADS.replace("channel", "chanel"))
    assert raised.value.exit_code == 3
    assert "chanel" in str(raised.value)


def test_F04_a_column_too_many_changes_no_score(scores: Scores) -> None:
    more = "".join(f"{line},{extra}\n" for line, extra in zip(LEADS.splitlines(), ("shoe", 1, 2, 3), strict=True))
    assert same(scores(), scores(leads=more))


def test_F05_text_where_an_instant_was_is_quarantined_and_the_rest_is_scored(scores: Scores) -> None:
    many = LEADS + "".join(f"M{n},2025-02-03,ads\n" for n in range(60))
    whole, found = scores(leads=many), scores(leads=many.replace("M7,2025-02-03", "M7,soon"))
    assert set(whole["lead_id"]) - set(found["lead_id"]) == {"M7"}
    with pytest.raises(DataContractError) as raised:
        scores(leads=LEADS.replace("L3,2025-02-03", "L3,soon"))  # one row of three
    assert raised.value.exit_code == 3


def test_F10_a_lead_that_stands_there_twice_is_scored_once(scores: Scores) -> None:
    twice = scores(leads=LEADS + "L2,2025-02-02,ads\n")
    assert twice["lead_id"].tolist() == ["L1", "L2"]  # nothing is known of L3
    assert same(scores(), twice)


def test_F15_whole_numbers_with_a_point_or_gaps_are_the_same_numbers(tmp_path: Path) -> None:
    table = {"columns": {"lead_id": "id", "created_at": "at"}, "path": "leads.csv"}
    size = {"attributes": {"size": {"type": "number", "known": "at_creation"}}}
    stages = {"path": "stages.csv", "columns": {"lead_id": "id", "occurred_at": "at", "stage": "stage"}}
    source = {
        "name": "acme",
        "licence": "none",
        "timezone": "UTC",
        "tables": {"leads": table | size, "outcomes": stages},
    }
    (tmp_path / "source.yaml").write_text(json.dumps(source))
    (tmp_path / "stages.csv").write_text("id,at,stage\n")
    for text in ("41", "41.0", "41.00"):
        (tmp_path / "leads.csv").write_text(f"id,at,size\nL1,2024-01-01,{text}\nL2,2024-01-02,\n")
        history = extract(tmp_path / "source.yaml", tmp_path / "history", Extract())
        assert read_parquet(history.folder / "leads.parquet")["size"].to_pylist() == [41.0, None]


def translated(history: History, folder: Path, share: float) -> History:
    """Return a history in which a share of the leads has its channel in Spanish."""
    copytree(history.folder, folder)
    leads = read_parquet(folder / "leads.parquet")
    words = {"ads": "anuncios", "referral": "recomendación"}
    channel = [words[c] if n < share * leads.num_rows else c for n, c in enumerate(leads["channel"].to_pylist())]
    place = leads.schema.get_field_index("channel")
    write_parquet(folder / "leads.parquet", leads.set_column(place, "channel", pa.array(channel)))
    return replace(history, folder=folder)


def test_F16_a_list_of_values_that_was_translated_is_refused(bundle: Bundle, tmp_path: Path) -> None:
    history = small_history(tmp_path / "history", n_leads=900)
    refuse_unseen(bundle, history, BUSY, 0.5)
    refuse_unseen(bundle, translated(history, tmp_path / "some", 0.2), BUSY, 0.5)
    all_of_them = translated(history, tmp_path / "all", 1.0)
    with pytest.raises(DataContractError, match="channel: unknown for 100% of the leads") as raised:
        refuse_unseen(bundle, all_of_them, BUSY, 0.5)
    assert raised.value.exit_code == 3
    assert "anuncios" not in str(raised.value)
    refuse_unseen(bundle, all_of_them, BUSY, 1.0)  # accepted by name


def test_F16_kinds_of_activities_that_were_renamed_are_refused_too(bundle: Bundle, tmp_path: Path) -> None:
    history = small_history(tmp_path / "history", n_leads=800)
    refuse_unseen(bundle, history, BUSY, 0.5)
    copytree(history.folder, tmp_path / "renamed")
    table = read_parquet(tmp_path / "renamed" / "activities.parquet")
    kinds = pa.array([f"visita {kind}" for kind in table["kind"].to_pylist()])
    place = table.column_names.index("kind")
    write_parquet(tmp_path / "renamed" / "activities.parquet", table.set_column(place, "kind", kinds))
    renamed = replace(history, folder=tmp_path / "renamed")
    with pytest.raises(DataContractError, match=r"activities: kinds of 100% of the rows") as raised:
        refuse_unseen(bundle, renamed, BUSY, 0.5)
    assert "visita" not in str(raised.value)
    refuse_unseen(bundle, renamed, BUSY, 1.0)


def test_F16_a_handful_of_leads_raises_no_alarm(bundle: Bundle, tmp_path: Path) -> None:
    history = small_history(tmp_path / "history", n_leads=300)  # of whom some thirty are young enough
    refuse_unseen(bundle, translated(history, tmp_path / "all", 1.0), BUSY, 0.5)


@pytest.mark.parametrize("statistic", ["region", "band", "pair", "job_level"])
def test_F16_what_is_made_of_a_column_is_not_compared_with_its_values(
    bundle: Bundle, tmp_path: Path, statistic: str
) -> None:
    """A region of the world is no country: each lead would be one that the model does not know."""
    made = next(feature for feature in bundle.catalogue.features if feature.attribute == "channel")
    history = translated(small_history(tmp_path / "history", n_leads=900), tmp_path / "all", 1.0)

    def of(feature: Feature) -> Bundle:
        return replace(bundle, catalogue=bundle.catalogue.model_copy(update={"features": (feature,)}))

    refuse_unseen(of(made.model_copy(update={"statistic": statistic})), history, BUSY, 0.5)
    with pytest.raises(DataContractError, match="channel: unknown for 100%"):  # read as it is written
        refuse_unseen(of(made), history, BUSY, 0.5)


def test_a_wrong_instant_is_a_wrong_command_line(scores: Scores, bundle: Bundle, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError):
        scores(exported_at="someday")
