"""Released bundles in MLflow's registry: versions, and the aliases `champion` and `challenger`."""

import warnings
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from predictive_scoring.errors import BundleRefusedError, SourceUnreachableError
from predictive_scoring.publish import tracking
from predictive_scoring.publish.bundle import Bundle

SCHEME = "models:/"


def register(run: tracking.Run, bundle: Bundle, name: str) -> int:
    """Return the version under which a bundle is registered: the one it already has, or a new one."""
    import mlflow  # noqa: PLC0415

    connected = tracking.client(run.project)
    known = [v for v in _versions(connected, name) if v.tags.get("model_version") == bundle.version]
    if known:
        return max(int(version.version) for version in known)
    code_file = files("predictive_scoring.publish") / "pyfunc_model.py"
    with as_file(code_file) as code, mlflow.start_run(run_id=run.run_id), warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"(?s).*input example was not provided")  # it would store rows of leads
        warnings.filterwarnings("ignore", r"(?s).*Any type hint is inferred")  # MLflow's own, when it is imported
        logged = mlflow.pyfunc.log_model(
            name="bundle",
            python_model=str(code),
            artifacts={"bundle": str(bundle.folder)},
            registered_model_name=name,
            pip_requirements=[f"predictive-scoring=={bundle.manifest.package_version}"],  # else a slow guess
            signature=_signature(bundle),
        )
    version = int(logged.registered_model_version)
    connected.set_model_version_tag(name, str(version), "model_version", bundle.version)
    return version


def set_alias(project: Path, name: str, alias: str, version: int) -> None:
    """Point an alias at a version."""
    tracking.client(project).set_registered_model_alias(name, alias, str(version))


def bundle_folder(project: Path, model: str) -> Path:
    """Return the folder of a bundle given as a path or as `models:/NAME@ALIAS` or `models:/NAME/VERSION`.

    Raises
    ------
    BundleRefusedError
        If there is no such folder.
    SourceUnreachableError
        If the registry has no such model.
    """
    if not model.startswith(SCHEME):
        folder = Path(model)
        if not folder.is_dir():
            raise BundleRefusedError(f"{model}: no such folder", fix="run `dvc repro`, or give the folder of a bundle")
        return folder
    import mlflow  # noqa: PLC0415
    from mlflow.exceptions import MlflowException  # noqa: PLC0415

    tracking.client(project)
    try:
        downloaded = Path(mlflow.artifacts.download_artifacts(model))
    except MlflowException as error:
        raise SourceUnreachableError(f"{model}: not in the registry", found=str(error).splitlines()[0]) from error
    folders = [path.parent for path in downloaded.glob("artifacts/*/manifest.json")]
    if len(folders) != 1:
        raise BundleRefusedError(f"{model}: holds no bundle", fix="register what `dvc repro` publishes")
    return folders[0]


def _versions(connected: Any, name: str) -> list[Any]:
    found = connected.search_model_versions(f"name = '{name}'")
    return [connected.get_model_version(name, version.version) for version in found]


def _signature(bundle: Bundle) -> Any:
    from mlflow.models import ModelSignature  # noqa: PLC0415
    from mlflow.types import ColSpec, Schema  # noqa: PLC0415

    inputs: list[Any] = [
        ColSpec("string" if feature.type == "category" else "double", feature.name, required=False)
        for feature in bundle.catalogue.features
    ]
    return ModelSignature(
        inputs=Schema(inputs), outputs=Schema([ColSpec("double", "probability"), ColSpec("string", "grade")])
    )
