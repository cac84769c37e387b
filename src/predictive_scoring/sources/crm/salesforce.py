"""Salesforce's leads, accounts, merged contacts, opportunities, activities and campaigns, by queries of its API."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final

from requests import PreparedRequest, RequestException, Response, Session
from requests.adapters import HTTPAdapter
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceAuthenticationFailed, SalesforceError

from predictive_scoring.errors import ConfigurationError, SourceUnreachableError
from predictive_scoring.sources.crm.patience import Patience
from predictive_scoring.sources.crm.pulling import Page, Row

ADDRESS = "SALESFORCE_BASE_URL"
BY_TOKEN: Final = {"session_id": "SALESFORCE_ACCESS_TOKEN", "instance_url": "SALESFORCE_INSTANCE_URL"}
BY_APP: Final = {
    "consumer_key": "SALESFORCE_CONSUMER_KEY", "consumer_secret": "SALESFORCE_CONSUMER_SECRET",
    "domain": "SALESFORCE_DOMAIN",
}  # fmt: skip
BY_PASSWORD: Final = {
    "username": "SALESFORCE_USERNAME", "password": "SALESFORCE_PASSWORD", "security_token": "SALESFORCE_SECURITY_TOKEN"
}  # fmt: skip
N_ROWS: Final = 2000
TIMEOUT_SECONDS: Final = 120
TABLES: Final[dict[str, tuple[str, ...]]] = {
    "Lead": (
        "Id", "Email", "CreatedDate", "LastModifiedDate", "LeadSource", "Country", "Industry", "NumberOfEmployees",
        "AnnualRevenue", "Title", "Rating", "Status", "HasOptedOutOfEmail", "ConvertedDate", "ConvertedContactId",
        "ConvertedOpportunityId", "MasterRecordId", "OwnerId",
    ),
    "Account": (
        "Id", "Website", "CreatedDate", "Industry", "NumberOfEmployees", "AnnualRevenue", "BillingCountry", "Type",
    ),
    "Contact": ("Id", "MasterRecordId", "LastModifiedDate"),
    "Task": ("Id", "WhoId", "TaskSubtype", "CompletedDateTime"),
    "Event": ("Id", "WhoId", "CreatedDate"),
    "CampaignMember": ("Id", "LeadId", "CampaignId", "CreatedDate", "FirstRespondedDate"),
    "Opportunity": ("Id", "CreatedDate"),
    "OpportunityHistory": ("Id", "OpportunityId", "CreatedDate", "StageName", "Amount"),
}  # fmt: skip
MERGED: Final = ("Lead", "Contact")  # a merge deletes the record that goes away
ONLY: Final = {"Contact": "MasterRecordId != null"}  # of people who were no leads nothing is needed


class SalesforceTables:
    """The tables of one Salesforce organisation; of leads and contacts also those that a merge deleted."""

    columns: Mapping[str, tuple[str, ...]] = TABLES

    def __init__(self, client: Salesforce) -> None:
        self._client = client

    def page(self, table: str, since: str | None, after: str | None) -> Page:
        """Return the next rows of a table by id."""
        with _told(table):
            query = soql(table, since, after)
            answer = self._client.query(query, include_deleted=table in MERGED, timeout=TIMEOUT_SECONDS)
            records = list(answer["records"])
            while not answer["done"]:  # of wide rows a server sends fewer at once than it was asked for
                answer = self._client.query_more(
                    answer["nextRecordsUrl"], identifier_is_url=True, timeout=TIMEOUT_SECONDS
                )
                records += answer["records"]
        rows: list[Row] = [{name: _text(record.get(name)) for name in TABLES[table]} for record in records]
        return Page(rows, rows[-1]["Id"] if rows else None)


def soql(table: str, since: str | None, after: str | None) -> str:
    """Return the query of a table's next rows.

    Examples
    --------
    >>> soql("Event", "2024-03-01T09:50:00+00:00", None)
    'SELECT Id, WhoId, CreatedDate FROM Event WHERE SystemModstamp >= 2024-03-01T09:50:00Z ORDER BY Id LIMIT 2000'
    """
    conditions = [ONLY[table]] if table in ONLY else []
    if since is not None:
        conditions.append(f"SystemModstamp >= {datetime.fromisoformat(since).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}")
    if after is not None:
        conditions.append(f"Id > '{after}'")
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    return f"SELECT {', '.join(TABLES[table])} FROM {table}{where} ORDER BY Id LIMIT {N_ROWS}"


def _text(value: Any) -> str | None:
    """Return a value as exports write it."""
    if value is None:
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)


def open_salesforce(environment: Mapping[str, str]) -> SalesforceTables:
    """Return the tables of the organisation that the environment names.

    Raises
    ------
    ConfigurationError
        If the variables of no way to log in are complete.
    SourceUnreachableError
        If the login fails.
    """
    ways = (BY_TOKEN, BY_APP, BY_PASSWORD)
    way = next((way for way in ways if all(environment.get(variable) for variable in way.values())), None)
    if way is None:
        raise ConfigurationError(
            "Salesforce: no way to log in",
            expected="one of these sets of variables: " + "; ".join(", ".join(way.values()) for way in ways),
            fix="set the variables of one of them",
        )
    session = Session()
    domain = environment.get("SALESFORCE_DOMAIN") or "login"
    session.mount("https://", _Asking(environment.get(ADDRESS), Patience.usual()))
    for place in (
        "Soap",
        "oauth2",
    ):  # a wrong password is told as a server error, and asking again would lock the user out
        session.mount(f"https://{domain}.salesforce.com/services/{place}", _Asking(environment.get(ADDRESS), 0))
    given: dict[str, Any] = {"domain": domain}
    given |= {name: environment[variable] for name, variable in way.items()}
    with _told():
        return SalesforceTables(Salesforce(session=session, **given))


class _Asking(HTTPAdapter):
    """Asks as often as it may, and at another address than Salesforce's own if there is one."""

    def __init__(self, address: str | None, tries: Patience | int) -> None:
        super().__init__(max_retries=tries)
        self._address = address

    def send(
        self,
        request: PreparedRequest,
        stream: bool = False,
        timeout: float | tuple[float | None, float | None] | None = None,
        *rest: Any,
        **options: Any,
    ) -> Response:
        if self._address:
            request.url = self._address + request.path_url
        return super().send(request, stream, timeout or TIMEOUT_SECONDS, *rest, **options)


@contextmanager
def _told(table: str | None = None) -> Iterator[None]:
    """Say what went wrong in words of our own: a client's message may quote headers and people's data.

    Raises
    ------
    SourceUnreachableError
        For every failure of the connection or the server.
    """
    again = "run again: it goes on from the last page"
    try:
        yield
    except SalesforceAuthenticationFailed as error:
        raise SourceUnreachableError(
            "Salesforce: the login was refused", found=f"code {error.code}", fix="check the SALESFORCE_ variables"
        ) from None
    except SalesforceError as error:
        if error.status == 403:
            again = "the day's limit of requests is reached, or the user may not read these objects"
        if error.status == 400 and table is not None:  # a field that a user may not read is none, for the server
            again = f"let the user read these fields of {table}: {', '.join(TABLES[table])}"
        raise SourceUnreachableError(
            "Salesforce: a request was refused", found=f"status {error.status}", fix=again
        ) from None
    except RequestException as error:
        raise SourceUnreachableError("Salesforce: no answer", found=type(error).__name__, fix=again) from None
