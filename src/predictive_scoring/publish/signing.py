"""Who made a bundle: an Ed25519 signature over its manifest, and the keys that are trusted.

Hashes tell that a bundle is whole, a signature that it is ours. Both keys are files that the environment names, so
that no key is ever in params.yaml, a log or a run.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from predictive_scoring.errors import BundleRefusedError, ConfigurationError
from predictive_scoring.publish.manifest import Manifest, Signer

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

SIGNING_KEY = "PREDICTIVE_SCORING_SIGNING_KEY"
TRUSTED_KEY = "PREDICTIVE_SCORING_TRUSTED_KEY"


def signer_from_environment() -> Signer | None:
    """Return what signs with the private key (PEM) in the file that PREDICTIVE_SCORING_SIGNING_KEY names; None without.

    Raises
    ------
    ConfigurationError
        If the file cannot be read or holds no unencrypted Ed25519 private key.
    """
    path = os.environ.get(SIGNING_KEY)
    return _private_key(Path(path)).sign if path else None


def refuse_untrusted(manifest: Manifest) -> None:
    """Refuse a bundle that the key in the file that PREDICTIVE_SCORING_TRUSTED_KEY names did not sign.

    Without that variable any whole bundle is taken: who can write the folder is trusted.

    Raises
    ------
    BundleRefusedError
        If it is not signed, or by another key.
    ConfigurationError
        If the file cannot be read or holds no Ed25519 public key.
    """
    path = os.environ.get(TRUSTED_KEY)
    if not path:
        return
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415

    key = _public_key(Path(path))
    try:
        key.verify(bytes.fromhex(manifest.signature), manifest.content_digest)
    except (InvalidSignature, ValueError):
        raise BundleRefusedError(
            f"bundle {manifest.model_version}: {'signed by another key' if manifest.signature else 'not signed'}",
            expected=f"a signature of the key that {TRUSTED_KEY} names",
            fix="take a bundle from who may publish, or trust the key it was signed with",
        ) from None


def signature_state(manifest: Manifest) -> str:
    """Return in words what the signature of a bundle that was opened is worth."""
    if not manifest.signature:
        return "not signed"
    return f"by the key that {TRUSTED_KEY} names" if os.environ.get(TRUSTED_KEY) else f"not checked: no {TRUSTED_KEY}"


def _private_key(path: Path) -> "Ed25519PrivateKey":
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415

    try:
        key = load_pem_private_key(_pem(path, SIGNING_KEY), password=None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise _no_key(SIGNING_KEY, "private")
    return key


def _public_key(path: Path) -> "Ed25519PublicKey":
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_pem_public_key  # noqa: PLC0415

    try:
        key = load_pem_public_key(_pem(path, TRUSTED_KEY))
    except ValueError:
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise _no_key(TRUSTED_KEY, "public")
    return key


def _pem(path: Path, variable: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{variable}: the file it names cannot be read", found=error.strerror) from None


def _no_key(variable: str, kind: str) -> ConfigurationError:
    return ConfigurationError(
        f"{variable}: the file it names is no Ed25519 {kind} key",
        expected="PEM without a passphrase",
        fix="openssl genpkey -algorithm ed25519 -out key.pem; openssl pkey -in key.pem -pubout -out trusted.pem",
    )
