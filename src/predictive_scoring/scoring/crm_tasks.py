"""Tasks for sellers in the CRM: made once, however often the command runs, with a record of what was made."""

import hashlib
import html
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, cast

import pyarrow as pa
import pyarrow.compute as pc

from predictive_scoring.contract.history import INSTANT
from predictive_scoring.scoring.crm_sink import RECORD, Crm, Door, Refused, clients, write_back
from predictive_scoring.storage import read_parquet, write_parquet

TASKS: Final = pa.schema(
    [
        ("lead_id", pa.string()),
        ("as_of", INSTANT),
        ("subject", pa.string()),
        ("body", pa.string()),  # plain text
        ("due", INSTANT),
        ("urgent", pa.bool_()),
    ]
)
# A task that may have been made is not made a second time: these say that it was not.
NOT_MADE: Final = (429, 503)
TASK_TO_CONTACT: Final = 204  # HubSpot's own association type
LONGEST_SUBJECT: Final = 255


@dataclass(frozen=True)
class HubSpotTasks:
    """Tasks of HubSpot's contacts."""

    tasks: Any
    batch_size: int = 100

    def write(self, rows: list[dict[str, Any]]) -> list[str | None]:
        """Make a task a row, associated with the contact."""
        from hubspot.crm.objects.tasks import (  # noqa: PLC0415
            ApiException,
            BatchInputSimplePublicObjectBatchInputForCreate,
        )

        inputs = [_hubspot_task(row) for row in rows]
        try:
            answer = self.tasks.batch_api.create(BatchInputSimplePublicObjectBatchInputForCreate(inputs=inputs))
        except ApiException as error:
            raise Refused(int(error.status or 0)) from None
        made = {str(result.object_write_trace_id) for result in answer.results}
        causes = {
            str(name): str(error.category) for error in getattr(answer, "errors", None) or []
            for name in (error.context or {}).get("objectWriteTraceId", [])
        }  # fmt: skip
        return [None if name in made else causes.get(name, "NOT_TAKEN") for name in map(hashed, _ids(rows))]


@dataclass(frozen=True)
class SalesforceTasks:
    """Tasks of Salesforce's leads."""

    client: Any
    batch_size: int = 200

    def write(self, rows: list[dict[str, Any]]) -> list[str | None]:
        """Make a task a row, whose name (`WhoId`) is the lead's."""
        from requests import RequestException  # noqa: PLC0415
        from simple_salesforce.exceptions import SalesforceError  # noqa: PLC0415

        body = json.dumps({"allOrNone": False, "records": [_salesforce_task(row) for row in rows]})
        try:
            answer = self.client.restful("composite/sobjects", method="POST", data=body)
        except SalesforceError as error:
            raise Refused(int(error.status)) from None
        except RequestException:
            raise Refused(0) from None
        return [None if each["success"] else str(each["errors"][0]["statusCode"]) for each in answer]


def _hubspot_task(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a task as HubSpot takes it; its body is rich text, so what people wrote is escaped."""
    return {
        "properties": {
            "hs_task_subject": row["subject"][:LONGEST_SUBJECT],
            "hs_task_body": html.escape(row["body"]).replace("\n", "<br>"),
            "hs_timestamp": row["due"].isoformat(),
            "hs_task_status": "NOT_STARTED",
            "hs_task_priority": "HIGH" if row["urgent"] else "MEDIUM",
            "hs_task_type": "CALL",
        },
        "associations": [
            {
                "to": {"id": row["lead_id"]},
                "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": TASK_TO_CONTACT}],
            }
        ],
        "objectWriteTraceId": hashed(row["lead_id"]),
    }


def _salesforce_task(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "attributes": {"type": "Task"},
        "WhoId": row["lead_id"],
        "Subject": row["subject"][:LONGEST_SUBJECT],
        "Description": row["body"],
        "ActivityDate": f"{row['due']:%Y-%m-%d}",
        "Status": "Not Started",
        "Priority": "High" if row["urgent"] else "Normal",
    }


def hashed(lead_id: str) -> str:
    """Return what a record calls a lead: it says what was done, not to whom."""
    return hashlib.sha256(lead_id.encode()).hexdigest()


def _ids(rows: list[dict[str, Any]]) -> list[str]:
    return [row["lead_id"] for row in rows]


def task_door(crm: Crm, environment: Mapping[str, str] = os.environ) -> Door:
    """Return the way to a CRM's tasks, with the credentials of the environment.

    Raises
    ------
    ConfigurationError
        Naming the variables that are missing.
    """
    client = clients[crm](environment, NOT_MADE)
    return cast(Door, HubSpotTasks(client.crm.objects.tasks) if crm == "hubspot" else SalesforceTasks(client))


def make_tasks(tasks: pa.Table, crm: Crm, into: Door, record: Path) -> tuple[pa.Table, int]:
    """Make the tasks that the record does not hold yet, and return what became of each and how many it held.

    Parameters
    ----------
    tasks
        The columns of `TASKS`.
    record
        Where it is noted, whatever happens, what was made: a second run makes nothing twice. Whatever may have been
        made (no answer came) is noted as failed and is tried again, so look before.

    Raises
    ------
    SourceUnreachableError
        If the CRM does not know us.
    """
    known = read_parquet(record) if record.is_file() else RECORD.empty_table()
    made_before = known.filter(pc.equal(known["status"], "written"))
    names = pa.array([hashed(name) for name in tasks["lead_id"].to_pylist()], pa.string())
    same_night = made_before.filter(pc.is_in(made_before["as_of"], tasks["as_of"].combine_chunks()))
    fresh = tasks.filter(pc.invert(pc.is_in(names, same_night["lead"].combine_chunks())))
    done: list[pa.RecordBatch] = []
    try:
        done.extend(write_back(fresh, crm, into))
    finally:
        write_parquet(record, pa.concat_tables([made_before, pa.Table.from_batches(done, RECORD)]))
    return pa.Table.from_batches(done, RECORD), tasks.num_rows - fresh.num_rows


def taken(lead_ids: Sequence[str], as_of: datetime, record: Path) -> set[str]:
    """Return of some leads those whose task of a night the CRM has taken, now or on an earlier run, by the record.

    Of whom no answer came it is not known: they are none of these, for a task that is made twice is a nuisance, and a
    lead that lies on nobody's desk is lost.
    """
    if not record.is_file():
        return set()
    found = read_parquet(record)
    made = found.filter(
        pc.and_(pc.equal(found["status"], "written"), pc.equal(found["as_of"], pa.scalar(as_of, INSTANT)))
    )
    names = set(made["lead"].to_pylist())
    return {name for name in lead_ids if hashed(name) in names}
