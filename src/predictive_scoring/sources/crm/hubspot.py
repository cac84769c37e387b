"""HubSpot's contacts, companies, deals and activities, by its CRM API."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

from hubspot import HubSpot
from hubspot.crm import objects
from hubspot.crm.associations import v4 as associations
from urllib3.exceptions import HTTPError

from predictive_scoring.errors import ConfigurationError, SourceUnreachableError
from predictive_scoring.sources.crm.patience import Patience
from predictive_scoring.sources.crm.pulling import Page, Row

TOKEN, ADDRESS = "HUBSPOT_ACCESS_TOKEN", "HUBSPOT_BASE_URL"
ID, CONTACTS, ENTERED_AT = "hs_object_id", "associated_contact_ids", "stage_entered_at"
N_ROWS, N_HISTORIES = 200, 50  # the most that one request may ask for
TIMEOUT_SECONDS: Final = 60
TABLES: Final[dict[str, tuple[str, ...]]] = {
    "contacts": (
        ID, "email", "createdate", "lastmodifieddate", "associatedcompanyid", "hs_analytics_source",
        "hs_object_source_label", "hubspot_owner_id", "jobtitle", "country", "lifecyclestage", "hs_lead_status",
        "hs_email_optout", "hs_lifecyclestage_marketingqualifiedlead_date",
        "hs_lifecyclestage_salesqualifiedlead_date",
    ),
    "companies": (ID, "industry", "numberofemployees", "annualrevenue", "type"),
    "calls": (ID, "hs_timestamp", "hs_createdate", "hs_call_direction", CONTACTS),
    "emails": (ID, "hs_timestamp", "hs_createdate", "hs_email_direction", CONTACTS),
    "meetings": (ID, "hs_createdate", CONTACTS),
    "tasks": (ID, "hs_task_completion_date", CONTACTS),
    "deals": (ID, "dealstage", ENTERED_AT, "closedate", "amount", "closed_lost_reason", CONTACTS),
}  # fmt: skip


class HubSpotTables:
    """The tables of one HubSpot account; deals have a row for each stage that they entered, and since when."""

    columns: Mapping[str, tuple[str, ...]] = TABLES

    def __init__(self, client: HubSpot) -> None:
        self._crm = client.crm

    def page(self, table: str, since: str | None, after: str | None) -> Page:
        """Return the next rows of a table by id, each with the contacts it belongs to."""
        with _told():
            found = self._found(table, since, after)
            if not found:
                return Page([], None)
            ids = [each.id for each in found]
            rows: list[Row] = [{**each.properties, ID: each.id} for each in found]
            if table == "deals":
                rows = self._by_stage(rows)
            if CONTACTS in TABLES[table]:
                contacts = self._contacts(table, ids)
                rows = [{**row, CONTACTS: contacts.get(row[ID] or "")} for row in rows]
            return Page([{name: row.get(name) for name in TABLES[table]} for row in rows], ids[-1])

    def _found(self, table: str, since: str | None, after: str | None) -> Sequence[Any]:
        filters = [objects.Filter(property_name=ID, operator="GT", value=after or "0")]
        if since is not None:
            changed = "lastmodifieddate" if table == "contacts" else "hs_lastmodifieddate"
            instant = str(int(datetime.fromisoformat(since).timestamp() * 1000))
            filters.append(objects.Filter(property_name=changed, operator="GTE", value=instant))
        request = objects.PublicObjectSearchRequest(
            filter_groups=[objects.FilterGroup(filters=filters)],
            properties=[name for name in TABLES[table] if name not in (CONTACTS, ENTERED_AT)],
            sorts=[{"propertyName": ID, "direction": "ASCENDING"}],
            limit=N_HISTORIES if table == "deals" else N_ROWS,
        )
        answer = self._crm.objects.search_api.do_search(table, request, _request_timeout=TIMEOUT_SECONDS)
        return tuple(answer.results)

    def _by_stage(self, deals: Sequence[Row]) -> list[Row]:
        """Return a row for each stage that a deal entered; a deal whose history is not told has its present one."""
        request = objects.BatchReadInputSimplePublicObjectId(
            inputs=[{"id": deal[ID]} for deal in deals], properties=[ID], properties_with_history=["dealstage"]
        )
        answer = self._crm.objects.batch_api.read("deals", request, _request_timeout=TIMEOUT_SECONDS)
        history = {each.id: (each.properties_with_history or {}).get("dealstage") or [] for each in answer.results}
        return [
            {**deal, **entered}
            for deal in deals
            for entered in (
                [
                    {"dealstage": past.value, ENTERED_AT: past.timestamp.isoformat()}
                    for past in history.get(deal[ID], [])
                ]
                or [{ENTERED_AT: deal["closedate"]}]
            )
        ]

    def _contacts(self, table: str, ids: Sequence[str]) -> dict[str, str]:
        """Return the ids of the contacts of each object, as exports write them: joined by semicolons.

        An object with more contacts than an answer holds says where to go on; those are asked again until none does.
        """
        found: dict[str, set[str]] = {}
        asked: list[dict[str, str]] = [{"id": each} for each in ids]
        while asked:
            request = associations.BatchInputPublicFetchAssociationsBatchRequest(inputs=asked)
            answer = self._crm.associations.v4.batch_api.get_page(
                table, "contacts", request, _request_timeout=TIMEOUT_SECONDS
            )
            asked = []
            for each in answer.results:
                contacts = found.setdefault(each._from.id, set())
                n_before = len(contacts)
                contacts.update(str(to.to_object_id) for to in each.to)
                following = each.paging.next if each.paging is not None else None
                if following is not None and len(contacts) > n_before:  # a page that brings nothing new ends it
                    asked.append({"id": each._from.id, "after": following.after})
        return {of: ";".join(sorted(contacts)) for of, contacts in found.items()}


def open_hubspot(environment: Mapping[str, str]) -> HubSpotTables:
    """Return the tables of the account that the environment names.

    Raises
    ------
    ConfigurationError
        If the variable with the token is missing.
    """
    if not environment.get(TOKEN):
        raise ConfigurationError(
            f"{TOKEN}: the variable is not set",
            fix="make a private app in HubSpot that may read the CRM, and put its access token into the variable",
        )
    address = {"host": environment[ADDRESS]} if environment.get(ADDRESS) else {}
    return HubSpotTables(HubSpot(access_token=environment[TOKEN], retry=Patience.usual(), **address))


@contextmanager
def _told() -> Iterator[None]:
    """Say what went wrong in words of our own: a client's message may quote headers and people's data.

    Raises
    ------
    SourceUnreachableError
        For every failure of the connection or the server.
    """
    try:
        yield
    except (objects.ApiException, associations.ApiException) as error:
        found, fix = f"status {error.status}", "run again: it goes on from the last page"
        if error.status in (401, 403):
            fix = f"check {TOKEN}: the private app must be allowed to read these objects"
        raise SourceUnreachableError("HubSpot: a request was refused", found=found, fix=fix) from None
    except HTTPError as error:
        raise SourceUnreachableError(
            "HubSpot: no answer", found=type(error).__name__, fix="run again: it goes on from the last page"
        ) from None
