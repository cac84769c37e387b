"""Whatever the history, the funnel's counts add up; the young are no losses; costs are of those who were paid for."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from history_builder import write_history
from predictive_scoring.agreement.definition import Agreement, Condition, Qualification, Version
from predictive_scoring.agreement.life import lives
from predictive_scoring.config.exclude import Exclude
from predictive_scoring.contract.history import Attribute, History
from predictive_scoring.errors import ConfigurationError, DataContractError, SourceUnreachableError
from predictive_scoring.handoff import funnel_report as module
from predictive_scoring.handoff.funnel_record import as_record
from predictive_scoring.handoff.funnel_report import Asked, FunnelReport, Share, funnel_report
from predictive_scoring.handoff.segments import UNKNOWN, segment_of
from predictive_scoring.handoff.spend import ALL, NOBODY, Cost, costs, read_spend
from predictive_scoring.handoff.stays import median_time
from predictive_scoring.storage import read_parquet

START = datetime(2024, 1, 1, tzinfo=UTC)
CHANNEL = Attribute(table="leads", name="channel", type="category", known="at_creation")
AGREEMENT = Agreement(
    versions=(
        Version(
            valid_from="2024-01-01",
            own_actions=("visit", "demo"),
            mql=Qualification(any_of=(Condition(kinds=("demo",)),)),
        ),
    )
)


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def _random_history(folder: Path, seed: int, *also: Attribute) -> History:
    lot = np.random.default_rng(seed)
    leads, activities, outcomes = [], [], []
    for number in range(60):
        born = float(lot.integers(0, 100))
        name = f"L{number:02}"
        leads.append({"lead_id": name, "created_at": day(born), "account_id": f"A{number % 20}",
                      "channel": str(lot.choice(["web", "fair"])) if number % 7 else None})  # fmt: skip
        for _ in range(int(lot.integers(0, 5))):
            kind = str(lot.choice(["visit", "demo", "call_made"]))
            direction = "outbound" if kind == "call_made" else None
            at = day(born + float(lot.integers(0, 60)))
            activities.append({"lead_id": name, "occurred_at": at, "kind": kind, "direction": direction})
        reached = [stage for stage in ("sql", "won", "lost") if lot.random() < 0.3]
        days = born + lot.integers(0, 90, len(reached))
        outcomes += [{"lead_id": name, "occurred_at": day(float(at)), "stage": stage}
                     for at, stage in zip(days, reached, strict=True)]  # fmt: skip
    firms = [{"account_id": f"A{n}"} | ({"industry": "steel" if n % 2 else "software"} if also else {})
             for n in range(17)]  # fmt: skip
    return write_history(folder, leads=leads, accounts=firms, activities=activities, outcomes=outcomes,
                         attributes=[CHANNEL, *also])  # fmt: skip


def _report(history: History, as_of: datetime, within_days: int = 30) -> FunnelReport:
    return funnel_report(
        history, AGREEMENT, lives(history, AGREEMENT, Exclude()), Asked(as_of, within_days, ("channel",))
    )


def _sum(shares: list[Share]) -> tuple[int, ...]:
    return tuple(sum(getattr(share.step, name) for share in shares) for name in COUNTED)


COUNTED = ("n_entered", "n_mature", "n_immature", "n_went_on")


def _adds_up(found: FunnelReport, n_people: int) -> None:
    assert sum(found.states.values()) == n_people
    for place, share in enumerate(found.steps):
        step = share.step
        assert step.n_entered == step.n_mature + step.n_immature
        assert 0 <= step.n_went_on <= step.n_mature
        assert _sum([row[place] for row in found.groups["channel"].values()]) == _sum([share])
        key = f"{step.start.name}>{step.end.name}".lower()
        assert _sum([cohort.share for cohort in found.cohorts[key]]) == _sum([share])
        assert share.low is None or share.low - 1e-9 <= (step.share or 0) <= (share.high or 0) + 1e-9
    for stay in found.stays:
        assert stay.n_entered == stay.n_left + stay.n_still_in
        assert stay.n_still_in == found.states[stay.state]
    assert sum(found.work.values()) == found.contacted_in_time.n + found.n_not_due


@pytest.mark.parametrize("seed", range(8))
def test_counts_add_up_over_states_groups_cohorts_stays_and_hand_offs(seed: int, tmp_path: Path) -> None:
    history = _random_history(tmp_path, seed)
    for as_of in (day(70), day(200)):
        rows = _report(history, as_of)
        n_created = sum(created < as_of for created in _created(history))
        _adds_up(rows, n_created)


def _created(history: History) -> list[datetime]:
    return read_parquet(history.path("leads"))["created_at"].to_pylist()  # type: ignore[no-any-return]


def test_the_planted_bug_of_an_unknown_channel_left_out_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = _random_history(tmp_path, 0)
    real = module._groups

    def without_unknown(*arguments: object) -> dict[str, tuple[Share, ...]]:
        return {value: row for value, row in real(*arguments).items() if value != UNKNOWN}  # type: ignore[arg-type]

    monkeypatch.setattr(module, "_groups", without_unknown)
    with pytest.raises(AssertionError):
        _adds_up(_report(history, day(200)), 60)


def _small(folder: Path) -> History:
    leads = [{"lead_id": f"L{n}", "created_at": day(n), "channel": "web" if n < 3 else "fair"} for n in range(5)]
    acts = [{"lead_id": f"L{n}", "occurred_at": day(n + 1), "kind": "demo"} for n in range(5)]
    won = [
        {"lead_id": "L0", "occurred_at": day(20), "stage": "won"},
        {"lead_id": "L1", "occurred_at": day(9), "stage": "lost"},
    ]
    return write_history(folder, leads=leads, activities=acts, outcomes=won, attributes=[CHANNEL])


def test_a_young_cohort_is_marked_and_has_no_share(tmp_path: Path) -> None:
    found = _report(_small(tmp_path), day(25), within_days=30)
    (month,) = found.cohorts["lead>mql"]
    assert month.month == date(2024, 1, 1)
    assert (month.share.step.n_immature, month.share.step.share, month.share.low) == (5, None, None)
    record = as_record(found)
    assert record["cohorts"]["lead>mql"][0]["share"] is None
    assert (record["win_rate"]["n"], record["win_rate"]["hits"]) == (2, 1)


def test_intervals_are_wider_where_colleagues_decide_together() -> None:
    hits: NDArray[np.bool_] = np.tile([True] * 4 + [False] * 4, 10)
    people = np.arange(80)
    alone = module._rate("", hits, people, people)
    together = module._rate("", hits, people, people // 4)
    assert alone.share == together.share == 0.5
    assert together.high - together.low > 1.5 * (alone.high - alone.low)


def test_who_is_still_in_a_state_makes_its_median_longer() -> None:
    days, left = np.array([1.0, 2.0, 3.0, 10.0, 10.0]), np.array([True, True, True, False, False])
    assert median_time(days, left) == 3.0
    assert median_time(days[:3], left[:3]) == 2.0  # those who left alone: too short


def test_costs_are_of_the_people_of_the_months_that_were_paid_for(tmp_path: Path) -> None:
    history = _small(tmp_path / "history")
    (tmp_path / "spend.csv").write_text("channel,month,amount\nweb,2024-01,300\nfair,2024-02,50\n")
    paid = read_spend(tmp_path / "spend.csv")
    found = list(costs(history, lives(history, AGREEMENT, Exclude()), paid, {}, day(60), timedelta(days=30)))
    by = {cost.value: cost for cost in found}
    assert by["web"].n_reached == {"lead": 3, "mql": 3, "sql": 0, "customer": 1}
    assert (by["web"].per("lead"), by["web"].per("sql"), by["web"].per("customer")) == (100.0, None, 300.0)
    assert (by["fair"].n_created, by["fair"].per("lead")) == (0, None)  # its people came in January
    assert by[ALL].amount == 350
    assert not by[ALL].is_immature
    first = replace(paid, rows=paid.rows[:1])
    young = costs(history, lives(history, AGREEMENT, Exclude()), first, {}, day(20), timedelta(days=30))
    assert next(young).is_immature


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("channel,amount\nweb,3\n", "other columns"),
        ("channel,campaign,month,amount\nweb,spring,2024-01,3\n", "other columns"),
        ("channel,month,amount\nweb,2024-13,3\n", "1 rule broken"),
        ("channel,month,amount\nweb,2024-01,-3\n", "1 rule broken"),
        ("channel,month,amount\nweb,2024-01,inf\n", "1 rule broken"),
        ("channel,month,amount\nweb,2024-01,3\nweb,2024-01,4\n", "1 rule broken"),
    ],
)
def test_a_spend_table_that_breaks_a_rule_is_refused(tmp_path: Path, text: str, complaint: str) -> None:
    (tmp_path / "spend.csv").write_text(text)
    with pytest.raises(DataContractError, match=complaint):
        read_spend(tmp_path / "spend.csv")


def test_no_spend_table_a_channel_and_an_attribute_that_there_are_not_are_refused(tmp_path: Path) -> None:
    history = _small(tmp_path / "history")
    with pytest.raises(SourceUnreachableError, match="no such file"):
        read_spend(tmp_path / "none.csv")
    (tmp_path / "spend.csv").write_text("channel,month,amount\nradio,2024-01,300\n")
    paid = read_spend(tmp_path / "spend.csv")
    with pytest.raises(ConfigurationError, match="radio"):
        list(costs(history, lives(history, AGREEMENT, Exclude()), paid, {}, day(60), timedelta(30)))
    with pytest.raises(ConfigurationError, match="'colour'"):
        funnel_report(history, AGREEMENT, lives(history, AGREEMENT, Exclude()), Asked(day(60), by=("colour",)))


@pytest.mark.parametrize("raw", [b"", b"channel,month,amount\nse\xf1al,2024-01,3\n", b'a,b\n1,2\n"3,4,5\n'])
def test_a_spend_table_that_is_no_csv_is_refused(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "spend.csv").write_bytes(raw)
    with pytest.raises(DataContractError, match="not readable as CSV"):
        read_spend(tmp_path / "spend.csv")


def test_what_is_spent_on_people_to_come_is_no_cost_of_those_who_came(tmp_path: Path) -> None:
    history = _small(tmp_path / "history")
    (tmp_path / "spend.csv").write_text("channel,month,amount\nweb,2024-01,300\nweb,2024-02,50\n")
    paid, found = read_spend(tmp_path / "spend.csv"), lives(history, AGREEMENT, Exclude())
    february = datetime(2024, 2, 1, tzinfo=UTC)
    with pytest.raises(ConfigurationError, match="brought nobody yet"):
        list(costs(history, found, paid, {}, february, timedelta(days=30)))
    assert next(costs(history, found, paid, {}, february + timedelta(days=1), timedelta(days=30))).amount == 350


def test_a_channel_that_nobody_has_is_named_where_some_have_none(tmp_path: Path) -> None:
    history = _random_history(tmp_path / "history", 0)  # one lead in seven has no channel
    (tmp_path / "spend.csv").write_text("channel,month,amount\nradio,2024-01,300\n")
    paid = read_spend(tmp_path / "spend.csv")
    with pytest.raises(ConfigurationError, match="radio"):
        list(costs(history, lives(history, AGREEMENT, Exclude()), paid, {}, day(200), timedelta(30)))


def _by_segment(history: History, tmp_path: Path, text: str) -> list[Cost]:
    (tmp_path / "spend.csv").write_text(text)
    paid, found = read_spend(tmp_path / "spend.csv"), lives(history, AGREEMENT, Exclude())
    return list(
        costs(history, found, paid, {"industry": segment_of(history, "industry")}, day(200), timedelta(days=30))
    )


INDUSTRY = Attribute(table="accounts", name="industry", type="category", known="at_creation")


def test_what_a_channel_cost_is_borne_alike_by_those_who_came_by_it_and_summed_by_segment(tmp_path: Path) -> None:
    leads = [{"lead_id": f"L{n}", "created_at": day(n), "channel": "web", "account_id": f"A{n}"} for n in range(4)]
    leads.append({"lead_id": "L4", "created_at": day(40), "channel": "web", "account_id": "A0"})  # a month unpaid
    accounts = [{"account_id": f"A{n}", "industry": "steel" if n == 0 else "software"} for n in range(3)]
    acts = [{"lead_id": f"L{n}", "occurred_at": day(n + 1), "kind": "demo"} for n in range(4)]
    won = [{"lead_id": "L0", "occurred_at": day(9), "stage": "won"}]
    history = write_history(tmp_path / "history", leads=leads, accounts=accounts, activities=acts, outcomes=won,
                            attributes=[CHANNEL, INDUSTRY])  # fmt: skip
    found = _by_segment(history, tmp_path, "channel,month,amount\nweb,2024-01,400\nweb,2024-03,50\n")
    by = {cost.value: cost for cost in found if cost.category == "industry"}
    assert {value: (cost.amount, cost.n_created) for value, cost in by.items()} == {
        "steel": (100.0, 1), "software": (200.0, 2), UNKNOWN: (100.0, 1), NOBODY: (50.0, 0),
    }  # fmt: skip
    assert (by["steel"].per("customer"), by["software"].per("customer"), by["software"].per("mql")) == (100, None, 100)


@pytest.mark.parametrize("seed", range(6))
def test_the_costs_of_segments_add_up_to_what_was_spent(seed: int, tmp_path: Path) -> None:
    history = _random_history(tmp_path / "history", seed, INDUSTRY)
    months = "".join(f"{value},2024-0{month},{97 * month}\n" for value in ("web", "fair") for month in (1, 2, 3, 5))
    found = _by_segment(history, tmp_path, f"channel,month,amount\n{months}")
    (whole,) = (cost for cost in found if not cost.category)
    for category in ("channel", "industry"):
        mine = [cost for cost in found if cost.category == category]
        assert sum(cost.amount for cost in mine) == pytest.approx(whole.amount)
        assert sum(cost.n_created for cost in mine) == whole.n_created > 0
        for state in whole.n_reached:
            assert sum(cost.n_reached[state] for cost in mine) == whole.n_reached[state]
    assert whole.amount == pytest.approx(2 * 97 * 11)


def test_planted_whole_amounts_in_every_segment_do_not_add_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pandas.core.groupby.SeriesGroupBy.transform", lambda *_: 1)  # nobody shares
    with pytest.raises(AssertionError):
        test_the_costs_of_segments_add_up_to_what_was_spent(0, tmp_path)


def test_the_funnel_is_told_apart_by_a_category_of_the_firm_and_by_none_that_is_written_later(tmp_path: Path) -> None:
    history = _random_history(tmp_path / "history", 1, INDUSTRY)
    found = lives(history, AGREEMENT, Exclude())
    report = funnel_report(history, AGREEMENT, found, Asked(day(200), 30, ("industry", "channel")))
    assert set(report.groups) == {"industry", "channel"}
    assert set(report.groups["industry"]) == {"steel", "software", UNKNOWN}
    for place, share in enumerate(report.steps):
        assert _sum([row[place] for row in report.groups["industry"].values()]) == _sum([share])
    later = history.facts.model_copy(update={"attributes": (INDUSTRY.model_copy(update={"known": "at_export"}),)})
    with pytest.raises(ConfigurationError, match="'industry'"):
        funnel_report(History(history.folder, later), AGREEMENT, found, Asked(day(200), by=("industry",)))
