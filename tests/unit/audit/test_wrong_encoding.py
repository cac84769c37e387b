"""Words that were read with the wrong code page are told by table and column; words that only look foreign are not."""

from datetime import timedelta
from pathlib import Path

import pytest

from history_builder import write_history
from planted_history import END, START, Planted
from predictive_scoring.audit import encoding
from predictive_scoring.audit.encoding import as_meant, encoding_findings
from predictive_scoring.audit.finding import Finding
from predictive_scoring.contract.history import Attribute, History
from predictive_scoring.engine.duck import open_engine

SECTOR = Attribute(table="leads", name="sector", type="category", known="at_creation", header="Sector de actividad")
HONEST = ("Página vista", "São Paulo", "ÂNGELA", "Ã", "Müller & Söhne", "naïve café", "Ação", "Ελλάδα", "日本", "10 €")


def misread(text: str, code_page: str) -> str:
    return text.encode("utf-8").decode(code_page)


def history_of(folder: Path, kind: str, sector: str) -> History:
    leads = [{"lead_id": f"L{i}", "created_at": START + timedelta(days=i), "sector": sector} for i in range(4)]
    visits = [{"lead_id": "L1", "occurred_at": START + timedelta(days=i), "kind": kind} for i in range(1, 4)]
    won = [{"lead_id": "L1", "occurred_at": START + timedelta(days=9), "stage": kind}]
    return write_history(folder, leads=leads, activities=visits, outcomes=won, attributes=[SECTOR], observed_until=END)


def found(history: History) -> list[Finding]:
    with open_engine() as engine:
        return list(encoding_findings(engine, history))


@pytest.mark.parametrize("code_page", ["cp1252", "latin-1"])
def test_A03_words_read_with_the_wrong_code_page_are_told_by_column(tmp_path: Path, code_page: str) -> None:
    history = history_of(tmp_path, misread("Página vista", code_page), misread("Construcción", code_page))
    told = found(history)
    assert [(each.table, each.column, each.n) for each in told] == [
        ("activities", "kind", 3), ("outcomes", "stage", 1), ("leads", "Sector de actividad", 4),
    ]  # fmt: skip
    assert {(each.id, each.severity) for each in told} == {("text.wrong_encoding", "warn")}
    assert "'Ã¡' stands for 'á'" in told[0].what
    assert "read: {encoding: utf-8}" in told[0].fix
    assert "Construc" not in " ".join(line for each in told for line in each.lines()), "no lead's value is told"


@pytest.mark.parametrize("text", HONEST)
def test_words_that_are_as_they_should_be_say_nothing(tmp_path: Path, text: str) -> None:
    assert found(history_of(tmp_path, text, text)) == []


@pytest.mark.parametrize("text", ["Álava", "Educación", "Íñigo", "señal – 10 €", "Ελλάδα"])
def test_what_was_meant_is_what_comes_back(text: str) -> None:
    assert as_meant(misread(text, "latin-1")) == text


def test_planted_bug_without_the_code_page_nothing_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    history = history_of(tmp_path, "PÃ¡gina", "x")
    assert found(history)
    monkeypatch.setattr(encoding, "_byte", str.encode)
    assert found(history) == []


def test_an_honest_history_says_nothing(tmp_path: Path) -> None:
    assert found(Planted(n_leads=50).write(tmp_path)) == []
