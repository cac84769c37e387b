"""Scores back into the CRM: in batches, tried again when it is busy, with a record of what was written."""

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol, cast

import pyarrow as pa

from predictive_scoring.contract.history import INSTANT
from predictive_scoring.errors import ConfigurationError, SourceUnreachableError

Crm = Literal["hubspot", "salesforce"]
FIELDS: Final = ("score", "grade", "probability", "rank", "reasons", "as_of")
VALUE_FIELDS: Final = ("expected_value", "expected_amount", "amount_basis")  # of a model that tells expected value
N_RETRIES: Final = 5
BUSY: Final = (429, 500, 502, 503, 504)
NOT_ALLOWED: Final = (401, 403)
RECORD: Final = pa.schema(
    [
        ("lead", pa.string()),  # SHA-256 of the id: the record says what was done, not to whom
        ("as_of", INSTANT),
        ("crm", pa.string()),
        ("status", pa.string()),  # written or failed
        ("why", pa.string()),  # the CRM's code of the failure
    ]
)


class Refused(Exception):  # noqa: N818  (a fact about a batch, caught here)
    """A whole batch was not taken; `status` is HTTP's, 0 where there was no answer."""

    def __init__(self, status: int) -> None:
        self.status = status
        super().__init__(f"HTTP {status}" if status else "no answer")


class Door(Protocol):
    """A way into one CRM."""

    @property
    def batch_size(self) -> int:
        """How many leads it takes at once."""

    def write(self, rows: list[dict[str, Any]]) -> list[str | None]:
        """Write rows with `lead_id` and FIELDS; return for each None if it was taken, else the code of the failure."""


@dataclass(frozen=True)
class HubSpotDoor:
    """Contacts by their record ids, through HubSpot's own client."""

    contacts: Any
    batch_size: int = 100

    def write(self, rows: list[dict[str, Any]]) -> list[str | None]:
        """Update the contacts' properties `predictive_score`, `predictive_grade`, and so on."""
        from hubspot.crm.contacts import ApiException, BatchInputSimplePublicObjectBatchInput  # noqa: PLC0415

        inputs = [{"id": row["lead_id"], "properties": hubspot_properties(row)} for row in rows]
        try:
            answer = self.contacts.batch_api.update(BatchInputSimplePublicObjectBatchInput(inputs=inputs))
        except ApiException as error:
            raise Refused(int(error.status or 0)) from None
        taken = {str(result.id) for result in answer.results}
        causes = {
            str(name): str(error.category) for error in getattr(answer, "errors", None) or []
            for name in (error.context or {}).get("ids", [])
        }  # fmt: skip
        return [None if row["lead_id"] in taken else causes.get(row["lead_id"], "NOT_TAKEN") for row in rows]


@dataclass(frozen=True)
class SalesforceDoor:
    """Leads by their ids, through sObject collections."""

    client: Any
    batch_size: int = 200

    def write(self, rows: list[dict[str, Any]]) -> list[str | None]:
        """Update the leads' fields `Predictive_Score__c`, `Predictive_Grade__c`, and so on."""
        from requests import RequestException  # noqa: PLC0415
        from simple_salesforce.exceptions import SalesforceError  # noqa: PLC0415

        records = [{"attributes": {"type": "Lead"}, "Id": row["lead_id"], **salesforce_fields(row)} for row in rows]
        body = json.dumps({"allOrNone": False, "records": records})
        try:
            answer = self.client.restful("composite/sobjects", method="PATCH", data=body)
        except SalesforceError as error:
            raise Refused(int(error.status)) from None
        except RequestException:
            raise Refused(0) from None
        return [None if each["success"] else str(each["errors"][0]["statusCode"]) for each in answer]


def hubspot_properties(row: Mapping[str, Any]) -> dict[str, str]:
    """Return a lead's properties as HubSpot takes them: text, instants in ISO 8601."""
    return {f"predictive_{name}": _as_text(row[name]) for name in _fields(row)}


def salesforce_fields(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a lead's custom fields as Salesforce takes them."""
    values = {name: row[name].isoformat() if name == "as_of" else row[name] for name in _fields(row)}
    return {f"Predictive_{name.title()}__c": value for name, value in values.items()}


def _fields(row: Mapping[str, Any]) -> list[str]:
    return [*FIELDS, *(name for name in VALUE_FIELDS if name in row)]


def _as_text(value: Any) -> str:
    return str(value.isoformat() if hasattr(value, "isoformat") else value)


def door(crm: Crm, environment: Mapping[str, str] = os.environ) -> Door:
    """Return the way into a CRM, with the credentials of the environment.

    Raises
    ------
    ConfigurationError
        Naming the variables that are missing.
    """
    client = clients[crm](environment, BUSY)
    return cast(Door, HubSpotDoor(client.crm.contacts) if crm == "hubspot" else SalesforceDoor(client))


def _retry(busy: tuple[int, ...]) -> Any:
    """Return when to ask again: what would be done twice is not, where only some answers say that it was not done."""
    from urllib3.util.retry import Retry  # noqa: PLC0415  (comes with either client)

    return Retry(
        total=N_RETRIES, read=N_RETRIES if busy == BUSY else 0, backoff_factor=0.5, backoff_max=60,
        status_forcelist=busy, allowed_methods=None, respect_retry_after_header=True, raise_on_status=False,
    )  # fmt: skip


def _needed(environment: Mapping[str, str], *names: str) -> list[str]:
    missing = [name for name in names if not environment.get(name)]
    if missing:
        raise ConfigurationError(f"environment: {len(missing)} variable(s) are not set: {missing}", fix="set them")
    return [environment[name] for name in names]


def _hubspot(environment: Mapping[str, str], busy: tuple[int, ...]) -> Any:
    from hubspot import HubSpot  # noqa: PLC0415

    (token,) = _needed(environment, "HUBSPOT_ACCESS_TOKEN")
    elsewhere = environment.get("HUBSPOT_BASE_URL")  # a proxy
    return HubSpot(access_token=token, retry=_retry(busy), **({"host": elsewhere} if elsewhere else {}))


def _salesforce(environment: Mapping[str, str], busy: tuple[int, ...]) -> Any:
    from simple_salesforce.api import Salesforce  # noqa: PLC0415, I001  (first: its absence names the extra)
    import requests  # noqa: PLC0415
    from requests.adapters import HTTPAdapter  # noqa: PLC0415

    token, place = _needed(environment, "SALESFORCE_ACCESS_TOKEN", "SALESFORCE_INSTANCE_URL")
    session = requests.Session()
    for scheme in ("https://", "http://"):
        session.mount(scheme, HTTPAdapter(max_retries=_retry(busy)))
    client = Salesforce(instance_url=place, session_id=token, session=session)
    if place.startswith("http://127.0.0.1"):
        # A server on this machine, which has no certificate.
        client.base_url = client.base_url.replace("https://", "http://", 1)
    return client


clients: Final[Mapping[Crm, Callable[[Mapping[str, str], tuple[int, ...]], Any]]] = {
    "hubspot": _hubspot, "salesforce": _salesforce,
}  # fmt: skip


def write_back(rows: pa.Table, crm: Crm, into: Door) -> Iterator[pa.RecordBatch]:
    """Write rows of `brief_scores` batch by batch and yield what became of each: `RECORD`.

    A batch that is refused after all retries is recorded as failed, and the next one is tried.

    Raises
    ------
    SourceUnreachableError
        If the CRM does not know us: no further batch would be taken.
    """
    for start in range(0, rows.num_rows, into.batch_size):
        batch = rows.slice(start, into.batch_size)
        leads = batch.to_pylist()
        try:
            causes = into.write(leads)
        except Refused as refused:
            if refused.status in NOT_ALLOWED:
                raise SourceUnreachableError(
                    f"{crm}: access denied", found=str(refused), fix="check the token and its scopes"
                ) from None
            causes = [str(refused)] * len(leads)
        yield _recorded(batch, crm, causes)


def _recorded(batch: pa.Table, crm: Crm, causes: list[str | None]) -> pa.RecordBatch:
    hashed = [hashlib.sha256(lead.encode()).hexdigest() for lead in batch["lead_id"].to_pylist()]
    status = ["written" if cause is None else "failed" for cause in causes]
    columns = [hashed, batch["as_of"].to_pylist(), [crm] * len(causes), status, causes]
    return pa.record_batch(
        [pa.array(column, field.type) for column, field in zip(columns, RECORD, strict=True)], RECORD
    )
