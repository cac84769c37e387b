"""What the stage writes: the data of one night, whole, by the agreement of that night."""

from pathlib import Path

import pytest
import yaml

import agreed_world
from agreed_world import TARGET
from finished_folder import finished_folder, lead
from history_builder import write_history
from predictive_scoring.config.snapshots import Snapshots
from predictive_scoring.contract.history import History
from predictive_scoring.errors import ConfigurationError
from predictive_scoring.handoff.desk import HAND_OFFS, SAID, record_given
from predictive_scoring.handoff.situation import situation
from predictive_scoring.handoff.writing import Night, write_agreement_folder
from predictive_scoring.report.agreement_pages import write_agreement_pages
from predictive_scoring.storage import read_json, read_parquet


def _agreement(folder: Path, **terms: object) -> Path:
    path = folder / "agreement.yaml"
    path.write_text(
        yaml.safe_dump(agreed_world.agreed(**terms).model_dump(mode="json", exclude_defaults=True)), encoding="utf-8"
    )
    return path


def _night(scores: Path, agreement: Path) -> Night:
    return Night(scores, agreement, scores.parent / "no bundle", n_past_weeks=0, sales=scores.parent / "sales")


def test_the_night_is_written_whole_and_follows_the_agreement(tmp_path: Path) -> None:
    history, scores = agreed_world.history(tmp_path / "history"), agreed_world.scores(tmp_path / "scores")
    terms, out = (TARGET, Snapshots()), tmp_path / "out"
    made = write_agreement_folder(history, _night(scores, _agreement(tmp_path)), terms, out)
    assert made is not None
    names = sorted(path.name for path in out.iterdir())
    assert names == [
        "capacity.json",
        "funnel.json",
        "hand-off.en.json",
        "hand-off.es.json",
        "lives.parquet",
        "nurture.json",
    ]
    assert read_json(out / "hand-off.es.json")["counts"]["handed_over"] == 1
    assert [row["lead_id"] for row in read_json(out / "nurture.json")["rising"]] == ["cool"]
    assert set(read_json(out / "funnel.json")["by"]) == {"channel", "origin"}
    said = write_agreement_pages(made, history.facts, ("en", "es"), out)
    assert said == ["handed over: 1", f"{out}"]
    assert len(list(out.glob("*.html"))) == 6
    lower = _agreement(tmp_path, questions=(), grades=("A", "D"))
    write_agreement_folder(history, _night(scores, lower), terms, out)
    assert read_json(out / "hand-off.es.json")["counts"]["handed_over"] == 4  # a threshold moved: no new scores


def test_the_stage_reads_what_lies_on_sales_desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whom an earlier night handed over and sales refused is not handed over again, and the funnel counts it."""
    history, scores = agreed_world.history(tmp_path / "history"), agreed_world.scores(tmp_path / "scores")
    night, out = _night(scores, _agreement(tmp_path, questions=(), first_contact_hours=23)), tmp_path / "out"
    record_given(night.sales / HAND_OFFS, "won", [("ready", "A"), ("told-too-late", "A")], agreed_world.before(1))
    (night.sales / SAID).write_text(
        f"lead_id,decided_at,decision\nready,{agreed_world.before(0.5).isoformat()},rejected\n", encoding="utf-8"
    )

    def written() -> tuple[set[str], dict[str, int], dict[str, int], str]:
        write_agreement_folder(history, night, (TARGET, Snapshots()), out)
        listed, funnel = read_json(out / "hand-off.en.json"), read_json(out / "funnel.json")
        work = {name: n for name, n in funnel["work"].items() if n}
        return {brief["lead_id"] for brief in listed["handed_over"]}, listed["counts"], work, funnel["counted_from"]

    handed_over, counts, work, clock = written()
    assert not handed_over & {"ready", "told-too-late"}
    assert (counts["decided"], counts["handed_over_before"]) == (1, 1)
    assert (work, clock) == ({"rejected": 1, "not_worked": 1}, "hand_off")
    assert read_json(out / "capacity.json")["agreed"]["used_this_week"] == 2
    monkeypatch.setattr("predictive_scoring.handoff.writing.desk_in", lambda *_: None)  # the planted bug: an empty desk
    handed_over, counts, work, clock = written()
    assert {"ready", "told-too-late"} <= handed_over
    assert ("decided" in counts, clock) == (False, "qualification")


def test_a_channel_that_was_written_later_tells_nobody_apart(tmp_path: Path) -> None:
    history, scores = agreed_world.history(tmp_path / "history"), agreed_world.scores(tmp_path / "scores")
    later = [item.model_copy(update={"known": "at_export"} if item.name == "channel" else {})
             for item in history.facts.attributes]  # fmt: skip
    facts = history.facts.model_copy(update={"attributes": tuple(later)})
    out = tmp_path / "out"
    night = _night(scores, _agreement(tmp_path))
    write_agreement_folder(History(history.folder, facts), night, (TARGET, Snapshots()), out)
    assert read_json(out / "funnel.json")["by"].keys() == {"origin"}


def test_whoever_opted_out_is_in_no_file_of_the_night(tmp_path: Path) -> None:
    history, scores = agreed_world.history(tmp_path / "history"), agreed_world.scores(tmp_path / "scores")
    out = tmp_path / "out"
    night = _night(scores, _agreement(tmp_path, questions=()))
    write_agreement_folder(history, night, (TARGET, Snapshots()), out)
    assert all('"gone"' not in path.read_text(encoding="utf-8") for path in out.glob("*.json"))
    assert "gone" not in read_parquet(out / "lives.parquet")["lead_id"].to_pylist()
    nobody_says_so = Snapshots(opt_out_kinds=("something_else",))
    write_agreement_folder(history, night, (TARGET, nobody_says_so), out)
    assert '"gone"' in (out / "hand-off.en.json").read_text(encoding="utf-8")  # the planted bug: the kind forgotten
    assert "gone" in read_parquet(out / "lives.parquet")["lead_id"].to_pylist()


def test_every_transition_is_written_with_when_why_and_by_which_version(tmp_path: Path) -> None:
    history, scores = agreed_world.history(tmp_path / "history"), agreed_world.scores(tmp_path / "scores")
    write_agreement_folder(history, _night(scores, _agreement(tmp_path)), (TARGET, Snapshots()), tmp_path / "out")
    rows = read_parquet(tmp_path / "out" / "lives.parquet").to_pylist()
    mine = [tuple(row.values())[1:] for row in rows if row["lead_id"] == "ready"]
    assert mine == [
        ("contact", agreed_world.before(60), "created", None),
        ("lead", agreed_world.before(30), "own_action", "2025-01-01"),
        ("mql", agreed_world.before(5), "mql", "2025-01-01"),
    ]
    last = {row["lead_id"]: row["state"] for row in rows}
    states = read_json(tmp_path / "out" / "funnel.json")["states"]
    assert {state: n for state, n in states.items() if state != "mql"} == {
        state: list(last.values()).count(state) for state in states if state != "mql"
    }
    assert states["mql"] == list(last.values()).count("mql") + 1  # counted, and not shown: gone has opted out


def test_the_stage_refuses_an_agreement_of_another_history_as_the_commands_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    history, scores = agreed_world.history(tmp_path / "history"), agreed_world.scores(tmp_path / "scores")
    text = _agreement(tmp_path).read_text(encoding="utf-8")
    (tmp_path / "agreement.yaml").write_text(text.replace("- demo", "- demonstration"), encoding="utf-8")
    asked = (history, _night(scores, tmp_path / "agreement.yaml"), (TARGET, Snapshots()), tmp_path / "out")
    with pytest.raises(ConfigurationError, match="no kind 'demonstration'"):
        write_agreement_folder(*asked)
    assert not (tmp_path / "out").exists()
    monkeypatch.setattr("predictive_scoring.handoff.writing.refuse_unknown_names", lambda *_: None)
    write_agreement_folder(*asked)  # the planted bug: a night without anybody qualified, and nobody knows why
    assert read_json(tmp_path / "out" / "funnel.json")["states"].get("mql", 0) == 0


def test_a_flat_table_has_no_life_cycle_and_the_stage_says_so(tmp_path: Path) -> None:
    history = write_history(tmp_path / "flat", leads=[{"lead_id": "L0", "created_at": "2024-01-01"}], flat=True)
    scores = finished_folder(tmp_path / "scores", [lead(1, "L0")])
    terms = (TARGET, Snapshots())
    assert write_agreement_folder(history, _night(scores, tmp_path / "no.yaml"), terms, tmp_path / "out") is None
    assert read_json(tmp_path / "out" / "states.json") == {"flat": True}
    (said,) = write_agreement_pages(None, history.facts, ("en",), tmp_path / "out")
    assert "no life cycle" in said
    with pytest.raises(ConfigurationError, match="no life cycle"):
        situation(history, scores, agreed_world.agreed(), terms)
