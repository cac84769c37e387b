"""Public data sets by name: where each is published, how its bytes are known, and under which licence."""

import gzip
import hashlib
import io
import os
import shutil
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from predictive_scoring.errors import ConfigurationError, DataContractError, SourceUnreachableError
from predictive_scoring.sources.files import open_bytes

FOLDER_VARIABLE = "PREDICTIVE_SCORING_DATA"


@dataclass(frozen=True)
class PublicFile:
    """A file that a source reads, and the SHA-256 of its content once it is unpacked: a gzipped copy has the same."""

    name: str
    sha256: str
    address: str | None = None  # None: the publisher's file has another form and is not converted here
    members: tuple[str, ...] = ()  # the way through zips inside zips, outermost first


@dataclass(frozen=True)
class PublicDataSet:
    """A data set, its page, and what whoever uses it has to know."""

    name: str
    description: str
    page: str
    licence: str
    citation: str
    files: tuple[PublicFile, ...]
    by_hand: str = ""  # what to do where a file cannot be downloaded as it is read


@dataclass(frozen=True)
class Fetched:
    """What was fetched, how it may be used, and where it lies now."""

    description: str
    licence: str
    citation: str
    page: str
    paths: tuple[Path, ...]


DATA_SETS = {
    each.name: each
    for each in (
        PublicDataSet(
            name="bpic2012",
            description="loan applications to a Dutch financial institute and their dated events, 2011-2012",
            page="https://doi.org/10.4121/uuid:3926db30-f712-4394-aebc-75976070e91f",
            licence="4TU general terms of use, with attribution",
            citation="van Dongen, B.F. (2012): BPI Challenge 2012. 4TU.ResearchData.",
            files=(
                PublicFile("cases.csv.gz", "4284141c2c488544eed64545684f6f47e10f9cc060b3096a7d6a63e4aeadcf9e"),
                PublicFile("events.csv.gz", "b23e427950f555d3926968e8e3aa1f4c6e964afe8a3a90a8d8cb706b15bc714c"),
            ),
            by_hand="the publisher's file is one XES document; write its cases (case_id, reg_date, amount_req) "
            "and events (case_id, timestamp, activity, lifecycle, resource) to two CSV files",
        ),
        PublicDataSet(
            name="bank_marketing",
            description="telephone calls of a Portuguese bank that offered a term deposit, 2008-2010",
            page="https://archive.ics.uci.edu/dataset/222/bank+marketing",
            licence="CC BY 4.0",
            citation="Moro, S., Cortez, P. and Rita, P. (2014): A data-driven approach to predict the success of bank "
            "telemarketing. Decision Support Systems 62, 22-31.",
            files=(
                PublicFile(
                    "bank-additional-full.csv.gz",
                    "74adfc578bf77a7ff4bb1ba4a9f8709d9e3c6907342959c2c8416847e0afb4d8",
                    "https://archive.ics.uci.edu/static/public/222/bank+marketing.zip",
                    ("bank-additional.zip", "bank-additional/bank-additional-full.csv"),
                ),
            ),
        ),
        PublicDataSet(
            name="salvirt_b2b",
            description="deals of a company that sells software to companies, without dates",
            page="https://huggingface.co/datasets/markobo/B2B_Sales_data",
            licence="CC BY 4.0",
            citation="Bohanec, M. and others (2017): Explaining machine learning models in sales predictions. "
            "Expert Systems with Applications 71, 416-428.",
            files=(
                PublicFile(
                    "Salvirt_B2B_ML_dataset.csv", "26eef1dc0b0b91423482ec861520107b86c62f0d0330098a76516b0792a7bb05"
                ),
            ),
            by_hand="the publisher's file has the same rows in another form; write it with semicolons between fields "
            "and each field in double quotes",
        ),
    )
}


def data_set(name: str) -> PublicDataSet:
    """Return a data set by name.

    Raises
    ------
    ConfigurationError
        If there is none of that name.
    """
    if name not in DATA_SETS:
        raise ConfigurationError(
            f"{name!r}: no such public data set", expected=", ".join(DATA_SETS),
            fix="name one of these; for data of your own, `predictive-scoring inspect` drafts a source file",
        )  # fmt: skip
    return DATA_SETS[name]


def fetch(name: str, into: Path) -> Fetched:
    """Return a public data set whose files lie, verified, in `into/<name>/`.

    A file that is already there is verified and kept. Otherwise it comes from the folder that the environment
    variable `PREDICTIVE_SCORING_DATA` names (`<folder>/<name>/<file>`), or from the publisher.

    Raises
    ------
    ConfigurationError
        If there is no data set of that name.
    SourceUnreachableError
        If a file is neither in the folder nor to be had from the publisher in the form it is read in.
    DataContractError
        If a file is not the one that is meant.
    """
    wanted = data_set(name)
    paths = tuple(_path_of(wanted, file, into / name / file.name) for file in wanted.files)
    return Fetched(wanted.description, wanted.licence, wanted.citation, wanted.page, paths)


def _path_of(wanted: PublicDataSet, file: PublicFile, target: Path) -> Path:
    if target.is_file():
        _verify(target, file, wanted)
        return target
    folder = os.environ.get(FOLDER_VARIABLE)
    local = Path(folder) / wanted.name / file.name if folder else None
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".fetch-") as part:
        copy = Path(part) / file.name
        if local is not None and local.is_file():
            shutil.copyfile(local, copy)
        elif file.address is not None:
            _download(file, copy)
        else:
            raise SourceUnreachableError(
                f"{wanted.name}: {file.name} cannot be downloaded as it is read",
                found="no copy" if local is None else f"no copy in the folder that {FOLDER_VARIABLE} names",
                fix=f"see {wanted.page}: {wanted.by_hand}; then put it in {target.parent}",
            )
        _verify(copy, file, wanted)
        copy.replace(target)
    return target


def _verify(path: Path, file: PublicFile, wanted: PublicDataSet) -> None:
    try:
        with open_bytes(path) as stream:
            found = content_sha256(stream)
    except (EOFError, OSError):
        found = "not readable"
    if found != file.sha256:
        raise DataContractError(
            f"{wanted.name}: {path.name} is not the file that is meant", found=f"SHA-256 {found}", expected=file.sha256,
            fix=f"remove it and fetch it again from {wanted.page}",
        )  # fmt: skip


def content_sha256(stream: BinaryIO) -> str:
    """Return the SHA-256 of what is left in a stream.

    Examples
    --------
    >>> content_sha256(io.BytesIO(b"")) [:8]
    'e3b0c442'
    """
    digest = hashlib.sha256()
    while block := stream.read(1 << 20):
        digest.update(block)
    return digest.hexdigest()


def _download(file: PublicFile, target: Path) -> None:
    """Download with pooch, unpack the zips, and gzip where the name says so; the content is verified by the caller."""
    import pooch  # noqa: PLC0415 (a machine that scores does not have it)

    try:
        archive = pooch.retrieve(
            str(file.address), known_hash=None, path=target.parent, fname="download", progressbar=False
        )
        content = Path(archive).read_bytes()
        for member in file.members:
            with zipfile.ZipFile(io.BytesIO(content)) as packed:
                content = packed.read(member)
    except (OSError, ValueError) as error:  # requests' errors are OSErrors
        raise SourceUnreachableError(
            f"{file.name}: the download failed", found=type(error).__name__,
            fix=f"check the network, or download {file.address} elsewhere and name its folder in {FOLDER_VARIABLE}",
        ) from None  # fmt: skip
    except (KeyError, zipfile.BadZipFile):
        raise DataContractError(
            f"{file.name}: the download is not the archive that is meant", expected=list(file.members),
            fix=f"download {file.address} with a browser, and name its folder in {FOLDER_VARIABLE}",
        ) from None  # fmt: skip
    target.write_bytes(gzip.compress(content, mtime=0) if target.suffix == ".gz" else content)
