"""What a bundle is refused for though every byte is as its manifest says."""

import json
import re
import shutil
import signal
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from predictive_scoring.errors import BundleRefusedError, ConfigurationError
from predictive_scoring.publish import manifest, model_probe
from predictive_scoring.publish.bundle import CATALOGUE, Bundle
from predictive_scoring.publish.manifest import OLDEST_FORMAT, seal, verify_seal
from predictive_scoring.publish.signing import SIGNING_KEY, TRUSTED_KEY, signature_state, signer_from_environment
from predictive_scoring.storage import canonical_json, read_json

FIXTURES = Path(__file__).parents[2] / "fixtures"
NOW = datetime(2025, 1, 1, tzinfo=UTC)
Copied = Callable[[], Path]


@pytest.fixture
def copied(bundle: Bundle, tmp_path: Path) -> Copied:
    def copy() -> Path:
        return Path(shutil.copytree(bundle.folder, tmp_path / "won"))

    return copy


def sealed_anew(folder: Path) -> Path:
    """Seal as one who may write the folder and knows how."""
    seal(folder, target="won", run_id=None, created_at=NOW, package_version="0.1.0", signer=signer_from_environment())
    return folder


@pytest.mark.parametrize("number", range(OLDEST_FORMAT, manifest.FORMAT_VERSION))
def test_G05_every_earlier_format_is_still_read_and_scores_as_it_did(number: int) -> None:
    folder = FIXTURES / f"bundle_format_{number}"
    assert read_json(folder / "manifest.json")["format_version"] == number
    assert Bundle.load(folder).n_golden_rows > 0  # loading compares their scores


def test_G06_another_major_version_of_the_library_is_said_and_the_golden_rows_decide(copied: Copied) -> None:
    folder = copied()
    assert Bundle.load(folder).notes == ()
    _rewrite(folder, libraries={"lightgbm": "3.3.5"})
    (note,) = Bundle.load(folder).notes
    assert "3.3.5" in note.en
    assert "3.3.5" in note.es


@pytest.mark.parametrize(("max_age_days", "refused"), [(None, False), (10_000, False), (30, True)])
def test_G10_a_model_older_than_allowed_is_refused(bundle: Bundle, max_age_days: int | None, refused: bool) -> None:
    learned = datetime.fromisoformat(bundle.terms.trained_until or "")
    as_of = learned.replace(year=learned.year + 1)
    if refused:
        with pytest.raises(BundleRefusedError, match="days before these scores") as error:
            bundle.refuse_if_older(as_of, max_age_days)
        assert error.value.exit_code == 4
    else:
        bundle.refuse_if_older(as_of, max_age_days)


def test_G11_features_of_another_training_are_refused(copied: Copied) -> None:
    folder = copied()
    fields = read_json(folder / CATALOGUE)
    fields["features"][0], fields["features"][1] = fields["features"][1], fields["features"][0]
    (folder / CATALOGUE).write_text(canonical_json(fields))
    with pytest.raises(BundleRefusedError):
        Bundle.load(sealed_anew(folder))


def test_G12_a_manifest_or_a_file_beyond_its_limit_is_refused_unread(
    copied: Copied, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = copied()
    monkeypatch.setattr(manifest, "MAX_FILE_BYTES", 10_000)
    with pytest.raises(BundleRefusedError, match=r"'model.txt' has"):
        verify_seal(folder)
    monkeypatch.setattr(manifest, "MAX_MANIFEST_BYTES", 100)
    with pytest.raises(BundleRefusedError, match="larger than 100 bytes"):
        verify_seal(folder)


HARMFUL = {
    "a thousand million leaves": (r"num_leaves=\d+", "num_leaves=1000000000"),
    "a tree that leads back to itself": (r"left_child=\S+", "left_child=0"),
    "a split on a column that is not there": (r"split_feature=\d+", "split_feature=9000000"),
    "half of the text": (r"(?s)Tree=3.*", ""),
    "no text": (r"(?s).*", ""),
}


@pytest.mark.parametrize("what", HARMFUL)
def test_G13_a_harmful_model_with_right_hashes_is_refused_and_this_process_lives(
    copied: Copied, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, (pattern, text) = copied(), HARMFUL[what]
    monkeypatch.setattr(model_probe, "SECONDS", 3)
    monkeypatch.setattr(model_probe.refuse_harmful, "__defaults__", (3,))
    model = folder / "model.txt"
    model.write_text(re.sub(pattern, text, model.read_text(), count=1))
    with pytest.raises(BundleRefusedError):
        Bundle.load(sealed_anew(folder))


def test_G13_planted_bug_without_limits_the_endless_tree_would_never_return(copied: Copied) -> None:
    model = copied() / "model.txt"
    model.write_text(re.sub(*HARMFUL["a tree that leads back to itself"], model.read_text(), count=1))
    rows = np.zeros((1, len(read_json(model.parent / "encoding.json")["columns"])))
    with pytest.raises(
        BundleRefusedError,
        match=f"no end after 2 s|signal {signal.SIGXCPU.value}|signal {signal.SIGKILL.value}|signal 11",
    ):
        model_probe.refuse_harmful(model, rows, seconds=2)


@pytest.fixture
def keys(tmp_path: Path) -> dict[str, str]:
    return {name: _key_pair(tmp_path, name) for name in ("ours", "theirs")}


def test_G18_a_bundle_signed_by_another_key_or_by_none_is_refused(
    copied: Copied, keys: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = copied()
    monkeypatch.setenv(TRUSTED_KEY, f"{keys['ours']}.pub")
    with pytest.raises(BundleRefusedError, match="not signed"):
        Bundle.load(folder)
    monkeypatch.setenv(SIGNING_KEY, keys["theirs"])
    with pytest.raises(BundleRefusedError, match="signed by another key"):
        Bundle.load(sealed_anew(folder))
    monkeypatch.setenv(SIGNING_KEY, keys["ours"])
    signed = Bundle.load(sealed_anew(folder)).manifest
    assert signature_state(signed) == f"by the key that {TRUSTED_KEY} names"
    monkeypatch.delenv(TRUSTED_KEY)
    assert signature_state(signed) == f"not checked: no {TRUSTED_KEY}"


def test_G18_a_signature_vouches_for_the_content_it_was_made_for(
    copied: Copied, keys: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = copied()
    monkeypatch.setenv(TRUSTED_KEY, f"{keys['ours']}.pub")
    monkeypatch.setenv(SIGNING_KEY, keys["ours"])
    sealed_anew(folder)
    _rewrite(folder, target="lost")
    with pytest.raises(BundleRefusedError, match="signed by another key"):
        Bundle.load(folder)


def test_G18_a_key_that_is_none_is_a_wrong_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "key.pem").write_text("secret words")
    for path, complaint in ((tmp_path / "key.pem", "no Ed25519 private key"), (tmp_path / "none", "cannot be read")):
        monkeypatch.setenv(SIGNING_KEY, str(path))
        with pytest.raises(ConfigurationError, match=complaint) as error:
            signer_from_environment()
        assert "secret" not in str(error.value)


def _key_pair(folder: Path, name: str) -> str:
    from cryptography.hazmat.primitives import serialization as form
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key, path = Ed25519PrivateKey.generate(), folder / name
    path.write_bytes(key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption()))
    public = key.public_key().public_bytes(form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo)
    path.with_suffix(".pub").write_bytes(public)
    return str(path)


def _rewrite(folder: Path, **changes: object) -> None:
    """Rewrite the manifest as an attacker would who knows how the digest is made."""
    import hashlib

    path = folder / "manifest.json"
    fields = {**json.loads(path.read_text()), **changes}
    rest = {key: value for key, value in fields.items() if key != "digest"}
    fields["digest"] = hashlib.sha256(canonical_json(rest).encode()).hexdigest()
    path.write_text(canonical_json(fields))
