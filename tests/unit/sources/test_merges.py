"""Ids that went on under another: their rows are followed, from the merge on and not a moment before."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from source_builder import ACTIVITIES, LEADS, OUTCOMES, broken, rows_of, write_source

from predictive_scoring.config.extract import Extract
from predictive_scoring.config.features import Features
from predictive_scoring.config.snapshots import Snapshots
from predictive_scoring.config.targets import Target
from predictive_scoring.contract.history import History
from predictive_scoring.engine.duck import open_engine
from predictive_scoring.errors import DataContractError
from predictive_scoring.features.catalogue import declare
from predictive_scoring.features.compute import compute
from predictive_scoring.snapshots.labels import training_snapshots
from predictive_scoring.snapshots.population import population_at
from predictive_scoring.sources import activity_shelves, contacts, identity, merges, rows_of_leads
from predictive_scoring.sources.addresses import MOST_OF_ONE_PERSON
from predictive_scoring.sources.extract import extract
from predictive_scoring.sources.merges import make_kin

MERGES = {"path": "merges.csv", "columns": {"from_id": "from", "into_id": "into", "merged_at": "at"}}
WON = Target(stage="won", horizon_days=30)
TWO = "id,at,email\nA,2024-01-01,a@acme.com\nB,2024-01-02,b@acme.com\n"
VISITS = "id,at,kind\nA,2024-01-03,visit\nB,2024-01-04,visit\n"
ONE_VISIT = "id,at,kind\nA,2024-01-03,visit\n"
A_INTO_B = "from,into,at\nA,B,2024-02-01\n"


def merged(
    folder: Path, merges: str = A_INTO_B, *, leads: str = TWO, activities: str = VISITS, outcomes: str = "", **keys: Any
) -> History:
    """Extract leads with addresses, their activities, outcomes and merges; every row may be bad."""
    folder.mkdir(exist_ok=True)
    columns = {**LEADS["columns"], "email": "email"}
    tables = {"leads": {**LEADS, "columns": columns}, "activities": ACTIVITIES, "outcomes": OUTCOMES, "merges": MERGES}
    files = {"leads": leads, "activities": activities, "outcomes": f"id,at,stage\n{outcomes}", "merges": merges}
    path = write_source(folder, tables, {f"{name}.csv": text for name, text in files.items()}, exported_at="2024-06-01")
    return extract(path, folder / "history", Extract(max_quarantine_share=1.0, **keys))


def seen(history: History, table: str = "activities") -> list[tuple[str, str, str]]:
    """Return whose row each is, what day it happened, what day it was known."""
    names = {row["lead_no"]: row["lead_id"] for row in rows_of(history, "leads")}
    return sorted(
        (names[row["lead_no"]], f"{row['occurred_at']:%m-%d}", f"{row['known_at']:%m-%d}")
        for row in rows_of(history, table)
    )


def adds_up(history: History) -> bool:
    return all(
        row.read == row.kept + row.collapsed + sum(row.left_out.values()) + sum(row.quarantined.values())
        for row in history.facts.rows.values()
    )


def test_B10_what_a_merged_lead_did_belongs_to_the_other_from_the_merge_on(tmp_path: Path) -> None:
    history = merged(tmp_path)
    assert seen(history) == [("A", "01-03", "01-03"), ("B", "01-03", "02-01"), ("B", "01-04", "01-04")]
    assert [row["merged_at"] and f"{row['merged_at']:%m-%d}" for row in rows_of(history, "leads")] == ["02-01", None]
    assert adds_up(history)


def test_B10_chains_are_followed_and_each_step_keeps_its_own_instant(tmp_path: Path) -> None:
    leads = TWO + "C,2024-01-02,c@acme.com\n"
    history = merged(
        tmp_path, A_INTO_B + "B,C,2024-03-01\n", leads=leads, activities="id,at,kind\nA,2024-01-03,visit\n"
    )
    assert seen(history) == [("A", "01-03", "01-03"), ("B", "01-03", "02-01"), ("C", "01-03", "03-01")]


def test_B10_a_merge_of_what_was_merged_already_counts_from_the_later_of_the_two(tmp_path: Path) -> None:
    leads = TWO + "C,2024-01-02,c@acme.com\n"
    history = merged(
        tmp_path, A_INTO_B + "B,C,2024-01-05\n", leads=leads, activities="id,at,kind\nA,2024-01-03,visit\n"
    )
    assert seen(history)[-1] == ("C", "01-03", "02-01")


def test_B12_a_contacts_activities_are_the_leads_from_the_conversion_on(tmp_path: Path) -> None:
    activities = "id,at,kind\nA,2024-01-03,visit\n003C,2024-01-05,visit\n003C,2024-02-05,visit\n"
    history = merged(
        tmp_path, "from,into,at\n003C,A,2024-02-01\n", activities=activities, outcomes="003C,2024-02-03,won\n"
    )
    assert seen(history) == [("A", "01-03", "01-03"), ("A", "01-05", "02-01"), ("A", "02-05", "02-05")]
    assert [row["lead_id"] for row in rows_of(history, "outcomes")] == ["A"]
    assert broken(history) == []
    assert adds_up(history)


def verdict(history: History, as_of: str) -> list[tuple[str, str | None]]:
    instant = datetime.fromisoformat(as_of).replace(tzinfo=UTC)
    rows = population_at(history, WON, Snapshots(), instant).to_pylist()
    return [(row["status"], row["detail"]) for row in rows]


def test_B10_the_one_that_went_away_is_not_scored_from_then_on(tmp_path: Path) -> None:
    history = merged(tmp_path)
    assert verdict(history, "2024-02-01") == [("open", None), ("open", None)]
    assert verdict(history, "2024-02-02") == [("excluded", "merged"), ("open", None)]


def test_B10_a_sale_before_the_merge_closes_the_other_only_from_the_merge_on(tmp_path: Path) -> None:
    history = merged(tmp_path, outcomes="A,2024-01-20,won\n")
    assert verdict(history, "2024-02-01") == [("already_converted", None), ("open", None)]
    assert verdict(history, "2024-02-02")[1] == ("already_converted", None)


def test_B10_a_sale_after_the_merge_tells_how_the_looks_before_it_turned_out(tmp_path: Path) -> None:
    history = merged(tmp_path, outcomes="B,2024-02-10,won\n")
    looks = training_snapshots(history, WON, Snapshots()).to_pylist()
    found = {(row["lead_id"], f"{row['as_of']:%m-%d}"): row["converted"] for row in looks}
    assert found[("A", "01-22")] is True, "the person bought, under the other id"
    assert found[("A", "01-08")] is False, "later than the horizon"
    assert ("A", "02-05") not in found, "it was merged by then"
    assert found[("B", "02-05")] is True


def features_of_b(folder: Path, activities: str) -> list[Any]:
    history = merged(folder, activities=activities)
    as_of = datetime(2024, 2, 1, tzinfo=UTC)
    catalogue = declare(history, WON, as_of, Features(min_kind_rows=1))
    table = compute(history, population_at(history, WON, Snapshots(), as_of), catalogue)
    return [row for row in table.to_pylist() if row["lead_id"] == "B"]


def test_B10_no_feature_sees_a_merge_before_it_happened_and_one_that_does_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy = VISITS + "".join(f"A,2024-01-{day:02},visit\n" for day in range(10, 30))
    assert features_of_b(tmp_path / "1", VISITS) == features_of_b(tmp_path / "2", busy)
    right = activity_shelves.inherited_sql
    monkeypatch.setattr(
        activity_shelves, "inherited_sql", lambda: right().replace("greatest(k.known_at, h.since)", "k.known_at")
    )
    assert features_of_b(tmp_path / "3", VISITS) != features_of_b(tmp_path / "4", busy)


@pytest.mark.parametrize("merges", [A_INTO_B + "B,A,2024-02-02\n", A_INTO_B + "B,C,2024-02-02\nC,A,2024-02-03\n"])
def test_B10_merges_that_run_in_a_circle_are_refused(tmp_path: Path, merges: str) -> None:
    with pytest.raises(DataContractError, match=r"table merges: \d ids run in a circle"):
        merged(tmp_path, merges)


def test_B10_a_circle_that_an_address_closes_says_which_setting_closed_it(tmp_path: Path) -> None:
    leads = "id,at,email\nA,2024-01-01,a@acme.com\nB,2024-01-02,\nC,2024-01-03,a@acme.com\n"
    merges = A_INTO_B + "B,C,2024-02-02\n"
    assert broken(merged(tmp_path / "keep", merges, leads=leads)) == []
    with pytest.raises(DataContractError, match="same_email: keep"):
        merged(tmp_path / "one", merges, leads=leads, same_email="one_lead")


def test_B10_a_merge_into_itself_says_nothing_and_one_into_nobody_is_quarantined(tmp_path: Path) -> None:
    history = merged(tmp_path, "from,into,at\nB,B,2024-02-01\nA,nobody,2024-02-01\n,B,2024-02-01\n")
    assert broken(history) == [(3, "unknown_lead"), (4, "missing_key")]
    assert seen(history) == [("A", "01-03", "01-03"), ("B", "01-04", "01-04")]
    assert verdict(history, "2024-03-01") == [("open", None), ("open", None)]
    assert adds_up(history)


def test_B10_merges_into_leads_outside_of_the_export_can_be_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(MERGES, "only_known", True)
    history = merged(tmp_path, A_INTO_B + "C,nobody,2024-02-01\n")
    assert broken(history) == []
    assert history.facts.rows["merges"].left_out == {"other_lead": 1}
    assert adds_up(history)


def test_B10_of_two_merges_of_one_id_the_first_is_believed_for_the_other_was_not_known_by_then(tmp_path: Path) -> None:
    leads = TWO + "C,2024-01-02,c@acme.com\n"
    history = merged(tmp_path, A_INTO_B + "A,C,2024-03-01\n", leads=leads)
    assert ("B", "01-03", "02-01") in seen(history)
    assert (broken(history), history.facts.rows["merges"].left_out) == ([], {"later_merge": 1})
    assert adds_up(history)


def test_B10_merges_of_one_id_at_the_same_instant_contradict_each_other(tmp_path: Path) -> None:
    history = merged(tmp_path, A_INTO_B + "A,C,2024-02-01\n", leads=TWO + "C,2024-01-02,c@acme.com\n")
    assert broken(history) == [(2, "duplicate_key"), (3, "duplicate_key")]
    assert verdict(history, "2024-03-01")[0] == ("open", None)


def test_B10_a_merge_later_than_the_export_is_not_believed(tmp_path: Path) -> None:
    history = merged(tmp_path, "from,into,at\nA,B,2024-07-01\n")
    assert broken(history) == [(2, "future_row")]
    assert verdict(history, "2024-05-31") == [("open", None), ("open", None)]


def random_company(seed: int, known_before: str) -> dict[str, str]:
    """Return the files of six leads that are merged and won at random, cut at an instant."""
    rng = np.random.default_rng(seed)
    names, mails = "ABCDEF", {"A": "a@acme.com", "C": "a@acme.com"}

    def rows(template: str, ids: Iterable[str]) -> str:
        dated = [(f"2024-{rng.integers(2, 5):02}-{rng.integers(1, 28):02}", each) for each in ids]
        return "".join(template.format(id=each, day=day) for day, each in dated if day < known_before)

    merges = [
        f"{one},{rng.choice(list(names[place:]))}"
        for place, one in enumerate(names[:-1], 1)
        for _ in range(rng.integers(3))
    ]
    return {
        "leads": "id,at,email\n"
        + "".join(f"{name},2024-01-0{place},{mails.get(name, '')}\n" for place, name in enumerate(names, start=1)),
        "merges": "from,into,at\n" + rows("{id},{day}\n", merges),
        "activities": "id,at,kind\n" + rows("{id},{day},visit\n", rng.choice(list(names), 30)),
        "outcomes": rows("{id},{day},won\n", rng.choice(list(names), 3)),
    }


def known_of(folder: Path, files: dict[str, str], as_of: str, **keys: Any) -> Any:
    history = merged(folder, **files, **keys)
    instant = datetime.fromisoformat(as_of).replace(tzinfo=UTC)
    tables = {name: rows_of(history, name) for name in ("activities", "outcomes")}
    return verdict(history, as_of), [[row for row in rows if row["known_at"] < instant] for rows in tables.values()]


def differs(folder: Path, seed: int, as_of: str = "2024-03-10", **keys: Any) -> bool:
    """Return whether the whole history tells another thing of an instant than a copy that is cut there."""
    whole, cut = random_company(seed, "9999"), random_company(seed, as_of)
    assert whole != cut
    return bool(known_of(folder / "whole", whole, as_of, **keys) != known_of(folder / "cut", cut, as_of, **keys))


@pytest.mark.parametrize(
    ("seed", "same_email"), [(0, "keep"), (13, "keep"), (24, "keep"), (13, "one_lead"), (29, "one_lead")]
)
def test_B10_an_instant_looks_the_same_on_the_whole_history_and_on_a_copy_cut_there(
    tmp_path: Path, seed: int, same_email: str
) -> None:
    assert not differs(tmp_path, seed, same_email=same_email)


def test_B10_planted_bug_to_believe_the_later_of_two_merges_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = identity.keep_one_row

    def latest(*given: Any, **keys: Any) -> int:
        return right(*given, **{**keys, "keep": "latest"})

    monkeypatch.setattr(identity, "keep_one_row", latest)
    assert differs(tmp_path, seed=13)


def test_B10_planted_bug_a_merge_that_was_always_known_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module, name, since in (
        (rows_of_leads, "outcomes_sql", "n.since"),
        (activity_shelves, "inherited_sql", "h.since"),
    ):
        right = getattr(module, name)
        monkeypatch.setattr(module, name, lambda right=right, since=since: right().replace(since, "k.known_at"))
    assert differs(tmp_path, seed=2)


SAME = "id,at,email\nA,2024-01-01,Ana@acme.com\nB,2024-01-10, ana@ACME.com\nC,2024-01-02,\nD,2024-01-02,\n"


def test_B13_leads_of_one_address_are_counted_and_by_option_one_lead_from_the_second_on(tmp_path: Path) -> None:
    visits = "id,at,kind\nA,2024-01-03,visit\nB,2024-01-12,visit\n"
    kept = merged(tmp_path / "kept", "from,into,at\n", leads=SAME, activities=visits)
    assert kept.facts.counts["same_email"] == 1
    assert seen(kept) == [("A", "01-03", "01-03"), ("B", "01-12", "01-12")]
    one = merged(tmp_path / "one", "from,into,at\n", leads=SAME, activities=visits, same_email="one_lead")
    assert ("A", "01-12", "01-12") in seen(one)
    assert verdict(one, "2024-01-10")[:2] == [("open", None), ("not_yet_created", None)]
    assert verdict(one, "2024-01-20")[:2] == [("open", None), ("excluded", "merged")]
    looked_at = set(training_snapshots(one, WON, Snapshots())["lead_id"].to_pylist())
    assert looked_at == {"A"}, "no lead of the same person on two sides of the split"
    assert adds_up(one)


def test_B13_what_the_export_merges_and_the_address_joins_is_no_circle(tmp_path: Path) -> None:
    history = merged(tmp_path, A_INTO_B, leads=SAME, same_email="one_lead")
    assert verdict(history, "2024-03-01")[:2] == [("open", None), ("excluded", "merged")]


@pytest.mark.parametrize(("dates_known", "known"), [("start_of_day", "00:00:00"), ("end_of_day", "23:59:59.999999")])
def test_C13_what_a_merge_on_a_day_brings_is_known_at_the_end_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dates_known: str, known: str
) -> None:
    monkeypatch.setitem(MERGES, "dates_known", dates_known)
    history = merged(tmp_path, activities=ONE_VISIT)
    of_b = [row["known_at"] for row in rows_of(history, "activities") if row["known_at"].month == 2]
    assert [f"{at.astimezone(UTC):%m-%d} {at.astimezone(UTC).time()}" for at in of_b] == [f"02-01 {known}"]


@pytest.mark.parametrize(("n_leads", "n_of_a_crowd"), [(3, 0), (MOST_OF_ONE_PERSON, 0), (103, 3)])
def test_B13_an_address_that_a_crowd_has_joins_no_more_than_a_hundred(
    tmp_path: Path, n_leads: int, n_of_a_crowd: int
) -> None:
    """What people type who have no address. The first hundred stay one: who comes later must not change the past."""
    leads = "".join(
        f"L{n},{datetime(2024, 1, 1) + timedelta(hours=n):%Y-%m-%dT%H:00Z},none@acme.example\n" for n in range(n_leads)
    )
    files = {"leads.csv": f"id,at,email\n{leads}", "outcomes.csv": "id,at,stage\nL1,2024-02-01T00:00Z,won\n"}
    tables = {
        "leads": {"path": "leads.csv", "columns": {"lead_id": "id", "created_at": "at", "email": "email"}},
        "outcomes": {"path": "outcomes.csv", "columns": {"lead_id": "id", "occurred_at": "at", "stage": "stage"}},
    }
    history = extract(write_source(tmp_path, tables, files), tmp_path / "out", Extract(same_email="one_lead"))
    assert len(rows_of(history, "outcomes")) == n_leads - n_of_a_crowd
    said = [note for note in history.facts.notes if "with an address that 100 leads before have" in note]
    assert [note.startswith(f"leads: {n_of_a_crowd} rows") for note in said] == [True] * (n_of_a_crowd > 0)


@pytest.mark.parametrize("n_won", [0, 1, 3])
def test_pairs_of_leads_that_became_one_are_made_of_those_with_an_outcome_alone(n_won: int) -> None:
    """Of 200 leads that became one there are 39,800 pairs, and no outcome to share for most of them."""
    with open_engine() as engine:
        engine.execute("create table lead_numbers as select i as lead_no, 'L' || i as lead_id from range(200) r(i)")
        engine.execute("create table reach as select lead_id as from_id, 'L0' as into_id, now() as since "
                       "from lead_numbers where lead_no > 0")  # fmt: skip
        engine.execute(f"create table kept_outcomes as select i as lead_no from range({n_won}) r(i)")
        make_kin(engine)
        assert engine.scalar("select count(*) from kin") == 199 * n_won
        assert engine.scalar(f"select count(*) from kin where of_no >= {n_won} or of_no = lead_no") == 0


CONVERTED_AND_MERGED = "from,into,at\nc1,A,2024-02-01\nc1,c2,2024-02-10\nc2,c3,2024-02-20\nc0,c1,2024-02-05\n"


@pytest.mark.parametrize("backwards", [False, True])
def test_B10_B12_a_contact_that_became_another_stays_its_leads_and_so_is_that_other(
    tmp_path: Path, backwards: bool
) -> None:
    """CRMs move activities to the contact that stays; where the lead came from stands on the one that went."""
    visits = "id,at,kind\nc0,2024-01-05,visit\nc1,2024-01-06,visit\nc2,2024-01-07,visit\nc3,2024-03-07,visit\n"
    first, *rows = CONVERTED_AND_MERGED.splitlines()
    merges = "\n".join([first, *(rows[::-1] if backwards else rows)]) + "\n"
    history = merged(tmp_path, merges, activities=visits)
    assert seen(history) == [
        ("A", "01-05", "02-05"), ("A", "01-06", "02-01"), ("A", "01-07", "02-10"), ("A", "03-07", "03-07")
    ]  # fmt: skip
    assert broken(history) == []
    assert adds_up(history)


def test_B10_two_contacts_with_a_lead_each_keep_their_own_when_they_become_one(tmp_path: Path) -> None:
    merges = "from,into,at\nc1,A,2024-02-01\nc2,B,2024-02-02\nc1,c2,2024-02-10\n"
    visits = "id,at,kind\nc1,2024-03-01,visit\nc2,2024-03-02,visit\n"
    assert seen(merged(tmp_path, merges, activities=visits)) == [("A", "03-01", "03-01"), ("B", "03-02", "03-02")]


def test_B10_contacts_that_run_in_a_circle_end_at_their_lead(tmp_path: Path) -> None:
    merges = "from,into,at\nc1,A,2024-02-01\nc1,c2,2024-02-10\nc2,c1,2024-02-11\n"
    history = merged(tmp_path, merges, activities="id,at,kind\nc2,2024-03-01,visit\n")
    assert seen(history) == [("A", "03-01", "03-01")]


def random_contacts(seed: int, known_before: str) -> dict[str, str]:
    """Return the files of two leads and contacts that they became, or never were, and that became others at random."""
    rng = np.random.default_rng(seed)
    names = [f"c{number}" for number in range(6)]
    ways = [(name, str(rng.choice(["A", "B"]))) for name in names if rng.random() < 0.4]
    ways += [(str(one), str(other)) for one, other in (rng.choice(names, 2, replace=False) for _ in range(5))]
    dated = [(*way, f"2024-{rng.integers(2, 5):02}-{rng.integers(1, 28):02}") for way in ways]
    visits = [(rng.choice(names), f"2024-{rng.integers(2, 5):02}-{rng.integers(1, 28):02}") for _ in range(20)]
    return {
        "leads": TWO,
        "merges": "from,into,at\n" + "".join(f"{a},{b},{day}\n" for a, b, day in dated if day < known_before),
        "activities": "id,at,kind\n" + "".join(f"{who},{day},visit\n" for who, day in visits if day < known_before),
    }


def contacts_differ(folder: Path, seed: int) -> bool:
    as_of = "2024-03-10"
    folder.mkdir(exist_ok=True)
    whole, cut = (
        known_of(folder / name, random_contacts(seed, before), as_of)
        for name, before in (("whole", "9999"), ("cut", as_of))
    )
    return bool(whole != cut)


@pytest.mark.parametrize("seed", range(8))
def test_B10_contacts_look_the_same_on_the_whole_history_and_on_a_copy_cut_there(tmp_path: Path, seed: int) -> None:
    assert not contacts_differ(tmp_path, seed)


def test_B10_planted_bug_a_contacts_merge_that_was_always_known_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contacts, "FOUND", contacts.FOUND.replace("greatest(o.since, w.merged_at)", "o.since"))
    assert any(contacts_differ(tmp_path / str(seed), seed) for seed in range(8))


def test_B10_planted_bug_without_the_way_on_what_the_contact_that_stays_did_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contacts, "ON", "select * from pairs where false")
    assert not seen(merged(tmp_path, CONVERTED_AND_MERGED, activities="id,at,kind\nc3,2024-03-07,visit\n"))


@pytest.mark.parametrize("seed", range(20))
def test_ids_that_run_in_a_circle_are_counted_as_one_who_walks_each_way_finds_them(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 12))
    ways = {f"n{i}": f"n{int(rng.integers(n + 2))}" for i in range(n) if rng.random() < 0.8}
    ways = {one: other for one, other in ways.items() if one != other}

    def comes_back(start: str) -> bool:
        place: str | None = start
        for _ in ways:
            place = ways.get(place or "")
            if place == start:
                return True
        return False

    with open_engine() as engine:
        engine.execute("create table followed (from_id varchar, into_id varchar)")
        for one, other in ways.items():
            engine.execute(f"insert into followed values ('{one}', '{other}')")
        assert merges._n_in_circles(engine) == sum(map(comes_back, ways))
