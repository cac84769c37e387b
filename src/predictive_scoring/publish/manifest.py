"""The seal of a bundle: every other file's size and SHA-256, and a digest of the manifest itself.

A bundle is checked on its bytes, before any file in it is parsed: a LightGBM text model with one byte changed can score
silently wrong, abort the process or never return.
"""

import hashlib
import json
import re
from collections.abc import Callable
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from predictive_scoring.config.base import Block
from predictive_scoring.errors import BundleRefusedError
from predictive_scoring.storage import canonical_json, sha256_of, write_text

FORMAT_VERSION = 3
OLDEST_FORMAT = 1  # every format from here to FORMAT_VERSION is read; a newer one is refused
NAME = "manifest.json"
MAX_MANIFEST_BYTES = 1_000_000
MAX_FILE_BYTES = 1_000_000_000
LIBRARIES = ("lightgbm", "numpy", "numba")
Signer = Callable[[bytes], bytes]
_PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,80}")


class SealedFile(Block):
    """What one file must be."""

    sha256: str
    size: int


class Manifest(Block):
    """What the bundle is, and what each of its files must be."""

    format_version: int
    model_version: str  # of the content: equal content, equal version
    target: str
    run_id: str | None  # of the tracking run that trained it
    created_at: datetime
    package_version: str
    files: dict[str, SealedFile]
    libraries: dict[str, str] = Field(default={})  # versions that compute scores, where it was made; since format 2
    signature: str = ""  # Ed25519 over `content_digest`, in hexadecimal; "": not signed; since format 2
    digest: str  # SHA-256 of this manifest without this field

    @property
    def content_digest(self) -> bytes:
        """SHA-256 of everything here but the signature and the digest: what a signature vouches for."""
        fields = self.model_dump(mode="json", exclude={"signature", "digest"})
        return hashlib.sha256(canonical_json(fields).encode()).digest()


def seal(
    folder: Path,
    *,
    target: str,
    run_id: str | None,
    created_at: datetime,
    package_version: str,
    signer: Signer | None = None,
) -> Manifest:
    """Write the manifest of a folder of finished files, last, and return it; `signer` signs its content."""
    files = {
        path.name: SealedFile(sha256=sha256_of(path), size=path.stat().st_size)
        for path in sorted(folder.iterdir())
        if path.name != NAME
    }
    content = canonical_json({name: sealed.sha256 for name, sealed in files.items()})
    manifest = Manifest(
        format_version=FORMAT_VERSION,
        model_version=f"{target}-{hashlib.sha256(content.encode()).hexdigest()[:10]}",
        target=target,
        run_id=run_id,
        created_at=created_at,
        package_version=package_version,
        files=files,
        libraries={name: version(name) for name in LIBRARIES},
        digest="",
    )
    fields = manifest.model_dump(mode="json")
    fields["signature"] = signer(manifest.content_digest).hex() if signer else ""
    fields["digest"] = _digest(fields)
    write_text(folder / NAME, canonical_json(fields))
    return Manifest.model_validate(fields)


def verify_seal(folder: Path) -> Manifest:
    """Return the manifest of a bundle whose every byte is what the manifest says.

    No file but the manifest is parsed.

    Raises
    ------
    BundleRefusedError
        If the manifest is missing, altered or of another format version, or if a file is missing, not listed, a link,
        too large, or differs from its size or hash.
    """
    manifest = _read_manifest(folder)
    problems = [*_unlisted(folder, manifest), *_altered(folder, manifest)]
    if problems:
        raise BundleRefusedError(
            f"bundle {folder.name}: {len(problems)} file(s) are not what the manifest says",
            found="; ".join(problems),
            fix="take a fresh copy of the bundle, or publish it anew",
        )
    return manifest


def _read_manifest(folder: Path) -> Manifest:
    path = folder / NAME
    if not path.is_file() or path.is_symlink():
        raise BundleRefusedError(f"{folder}: not a bundle, {NAME} is missing", fix="give the folder that publish wrote")
    if path.stat().st_size > MAX_MANIFEST_BYTES:
        raise BundleRefusedError(f"{path}: larger than {MAX_MANIFEST_BYTES:,} bytes")
    try:
        text = path.read_text(encoding="utf-8")
        fields = json.loads(text, parse_constant=_refuse_constant)
        if text != canonical_json(fields):
            raise ValueError("not in canonical form")
        _refuse_format(folder, fields["format_version"])
        manifest = Manifest.model_validate(fields)
    except (ValueError, TypeError, KeyError, AttributeError, ValidationError) as error:
        raise BundleRefusedError(f"{path}: not a manifest", found=" ".join(str(error).split())[:200]) from error
    if _digest(fields) != manifest.digest:
        raise BundleRefusedError(f"{path}: altered, its digest does not fit its content")
    return manifest


def _refuse_format(folder: Path, found: int) -> None:
    if not OLDEST_FORMAT <= found <= FORMAT_VERSION:
        raise BundleRefusedError(
            f"bundle {folder.name}: its format is version {found}",
            expected=f"version {OLDEST_FORMAT} to {FORMAT_VERSION}",
            fix="upgrade predictive-scoring" if found > FORMAT_VERSION else "publish the model anew",
        )


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _digest(fields: dict[str, Any]) -> str:
    rest = {key: value for key, value in fields.items() if key != "digest"}
    return hashlib.sha256(canonical_json(rest).encode()).hexdigest()


def _unlisted(folder: Path, manifest: Manifest) -> list[str]:
    there = {path.name for path in folder.iterdir()}
    return [f"{name!r} is not listed" for name in sorted(there - set(manifest.files) - {NAME})]


def _altered(folder: Path, manifest: Manifest) -> list[str]:
    problems = []
    for name, sealed in manifest.files.items():
        path = folder / name
        if not _PLAIN_NAME.fullmatch(name):
            problems.append(f"{name!r} is not a plain file name")
        elif path.is_symlink() or not path.is_file():
            problems.append(f"{name!r} is missing")
        elif path.stat().st_size != sealed.size or sealed.size > MAX_FILE_BYTES:
            problems.append(f"{name!r} has {path.stat().st_size:,} bytes, not {sealed.size:,}")
        elif sha256_of(path) != sealed.sha256:
            problems.append(f"{name!r} was altered")
    return problems
