"""Public data: verified, from a folder or from its publisher."""

import gzip
import hashlib
import io
import os
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from predictive_scoring.config.extract import Extract
from predictive_scoring.errors import ConfigurationError, DataContractError, SourceUnreachableError
from predictive_scoring.sources import fetch as module
from predictive_scoring.sources.extract import extract
from predictive_scoring.sources.fetch import DATA_SETS, PublicFile, fetch

CONTENT = b"age;y\n30;yes\n"


@pytest.fixture
def made_up(monkeypatch, tmp_path):
    """A data set of one made-up file, and the folder that may hold a copy."""
    file = PublicFile("calls.csv.gz", hashlib.sha256(CONTENT).hexdigest())
    monkeypatch.setitem(DATA_SETS, "made_up", replace(DATA_SETS["salvirt_b2b"], name="made_up", files=(file,)))
    folder = tmp_path / "copies"
    (folder / "made_up").mkdir(parents=True)
    monkeypatch.setenv("PREDICTIVE_SCORING_DATA", str(folder))
    return folder / "made_up" / "calls.csv.gz"


def test_a_copy_is_verified_by_what_it_holds_and_kept(made_up, tmp_path):
    made_up.write_bytes(gzip.compress(CONTENT, 1))
    assert fetch("made_up", tmp_path / "raw").paths == (tmp_path / "raw" / "made_up" / "calls.csv.gz",)
    made_up.unlink()
    assert fetch("made_up", tmp_path / "raw").licence == "CC BY 4.0"


SPOILT = {"another": gzip.compress(CONTENT + b"31;no\n"), "cut short": gzip.compress(CONTENT)[:-5], "empty": b""}


@pytest.mark.parametrize("what", SPOILT)
def test_another_file_is_refused_and_not_left_behind(made_up, tmp_path, what):
    made_up.write_bytes(SPOILT[what])
    with pytest.raises(DataContractError, match="not the file that is meant"):
        fetch("made_up", tmp_path / "raw")
    assert list((tmp_path / "raw" / "made_up").iterdir()) == []


def test_without_a_copy_and_an_address_it_says_what_to_do(made_up, tmp_path):
    with pytest.raises(SourceUnreachableError, match="cannot be downloaded as it is read") as caught:
        fetch("made_up", tmp_path / "raw")
    assert "huggingface.co" in str(caught.value)
    with pytest.raises(ConfigurationError, match="bpic2012, bank_marketing, salvirt_b2b"):
        fetch("nothing", tmp_path / "raw")


def _zip(name: str, content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(name, content)
    return packed.getvalue()


def test_a_download_is_unpacked_zip_by_zip_and_verified(made_up, tmp_path, monkeypatch):
    archive = tmp_path / "official.zip"
    archive.write_bytes(_zip("inner.zip", _zip("folder/calls.csv", CONTENT)))
    retrieve = pytest.importorskip("pooch", reason="pooch comes with the `train` extra")
    monkeypatch.setattr(retrieve, "retrieve", lambda *_, **__: str(archive))
    file = replace(
        DATA_SETS["made_up"].files[0],
        address="https://data.example.com/a.zip",
        members=("inner.zip", "folder/calls.csv"),
    )
    monkeypatch.setitem(DATA_SETS, "made_up", replace(DATA_SETS["made_up"], files=(file,)))
    (path,) = fetch("made_up", tmp_path / "raw").paths
    assert gzip.decompress(path.read_bytes()) == CONTENT


def test_a_publisher_out_of_reach_is_told_as_such(made_up, tmp_path, monkeypatch):
    pooch = pytest.importorskip("pooch", reason="pooch comes with the `train` extra")

    def unreachable(*_, **__):
        raise ConnectionError("no route")

    monkeypatch.setattr(pooch, "retrieve", unreachable)
    with pytest.raises(SourceUnreachableError, match="the download failed"):
        module._download(replace(DATA_SETS["made_up"].files[0], address="https://data.example.com/a"), tmp_path / "x")


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("bpic2012", {"leads": 13_087, "activities": 99_032, "outcomes": 2_246 + 7_635 + 2_807}),
        ("bank_marketing", {"leads": 41_188}),
        ("salvirt_b2b", {"leads": 365}),
    ],
)
def test_the_public_data_sets_are_read_to_the_row(name, kept, tmp_path):
    if not os.environ.get("PREDICTIVE_SCORING_DATA"):
        pytest.skip("PREDICTIVE_SCORING_DATA does not name a folder with the public data sets")
    fetch(name, tmp_path / "raw")
    source = tmp_path / "sources" / f"{name}.yaml"
    source.parent.mkdir()
    source.write_bytes((Path(__file__).parents[3] / "data" / "sources" / f"{name}.yaml").read_bytes())
    history = extract(source, tmp_path / "history", Extract())
    assert {table: account.kept for table, account in history.facts.rows.items()} == kept
    assert all(not account.quarantined for account in history.facts.rows.values())
