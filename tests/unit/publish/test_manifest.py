"""The seal: no byte of a bundle changes unseen, and nothing is parsed before the check."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from predictive_scoring.errors import BundleRefusedError
from predictive_scoring.publish.manifest import FORMAT_VERSION, NAME, seal, verify_seal
from predictive_scoring.storage import canonical_json


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    bundle = tmp_path / "won"
    bundle.mkdir()
    (bundle / "model.txt").write_bytes(b"tree\nend of trees\n")
    (bundle / "calibrator.json").write_text('{"slope": 1.0}')
    seal(bundle, target="won", run_id="r1", created_at=datetime(2025, 1, 1, tzinfo=UTC), package_version="0.1.0")
    return bundle


def test_an_untouched_folder_is_accepted_and_named_by_its_content(folder: Path) -> None:
    manifest = verify_seal(folder)
    assert set(manifest.files) == {"model.txt", "calibrator.json"}
    assert manifest.model_version.startswith("won-")


def test_G01_every_single_byte_of_every_file_is_guarded(folder: Path) -> None:
    n_tried = 0
    for path in sorted(folder.iterdir()):
        original = path.read_bytes()
        for place in range(len(original)):
            changed = bytearray(original)
            changed[place] ^= 0x01
            path.write_bytes(bytes(changed))
            with pytest.raises(BundleRefusedError):
                verify_seal(folder)
            n_tried += 1
        path.write_bytes(original)
    assert n_tried > 300
    verify_seal(folder)


def test_G02_a_truncated_or_empty_file_is_refused(folder: Path) -> None:
    (folder / "model.txt").write_bytes(b"")
    with pytest.raises(BundleRefusedError, match="0 bytes, not 18"):
        verify_seal(folder)


@pytest.mark.parametrize("content", ["", "not json", "[]", '{"format_version": NaN}', "null", "{}"])
def test_G03_a_manifest_that_is_none_is_refused(folder: Path, content: str) -> None:
    (folder / NAME).write_text(content)
    with pytest.raises(BundleRefusedError, match="not a manifest"):
        verify_seal(folder)


def test_G03_a_missing_manifest_is_refused(folder: Path) -> None:
    (folder / NAME).unlink()
    with pytest.raises(BundleRefusedError, match=r"manifest\.json is missing"):
        verify_seal(folder)


def test_G04_a_missing_file_and_an_unlisted_one_are_both_named(folder: Path) -> None:
    (folder / "calibrator.json").rename(folder / "other.json")
    with pytest.raises(BundleRefusedError, match=r"'other.json' is not listed; 'calibrator.json' is missing"):
        verify_seal(folder)


@pytest.mark.parametrize(
    ("version", "advice"), [(FORMAT_VERSION + 1, "upgrade predictive-scoring"), (0, "publish the model anew")]
)
def test_G05_another_format_version_is_refused_with_what_to_do(folder: Path, version: int, advice: str) -> None:
    _rewrite(folder, format_version=version)
    with pytest.raises(BundleRefusedError, match=advice):
        verify_seal(folder)


def test_G07_a_pickle_beside_the_model_is_never_opened(folder: Path) -> None:
    (folder / "model.pkl").write_bytes(b"\x80\x04cposix\nsystem\n.")
    with pytest.raises(BundleRefusedError, match=r"'model.pkl' is not listed"):
        verify_seal(folder)


@pytest.mark.parametrize("name", ["../outside.txt", "/etc/hostname", "a/b.txt", ".hidden"])
def test_G08_a_path_that_leads_out_of_the_folder_is_refused_even_with_the_right_hash(folder: Path, name: str) -> None:
    files = json.loads((folder / NAME).read_text())["files"]
    _rewrite(folder, files={**files, name: files["model.txt"]})
    with pytest.raises(BundleRefusedError, match="not a plain file name"):
        verify_seal(folder)


def test_G08_a_link_in_place_of_a_file_is_refused(folder: Path) -> None:
    (folder / "model.txt").rename(folder.parent / "elsewhere.txt")
    (folder / "model.txt").symlink_to(folder.parent / "elsewhere.txt")
    with pytest.raises(BundleRefusedError, match=r"'model.txt' is missing"):
        verify_seal(folder)


def test_equal_content_has_equal_bytes_but_for_the_run_and_the_time(folder: Path) -> None:
    before = json.loads((folder / NAME).read_text())
    seal_again = {
        "target": "won",
        "run_id": "r2",
        "created_at": datetime(2026, 1, 1, tzinfo=UTC),
        "package_version": "0.1.0",
    }
    seal(folder, **seal_again)  # type: ignore[arg-type]
    after = json.loads((folder / NAME).read_text())
    different = {key for key in before if before[key] != after[key]}
    assert different == {"run_id", "created_at", "digest"}


def _rewrite(folder: Path, **changes: object) -> None:
    """Rewrite the manifest as an attacker would who knows how the digest is made."""
    import hashlib

    fields = {**json.loads((folder / NAME).read_text()), **changes}
    rest = {key: value for key, value in fields.items() if key != "digest"}
    fields["digest"] = hashlib.sha256(canonical_json(rest).encode()).hexdigest()
    (folder / NAME).write_text(canonical_json(fields))
