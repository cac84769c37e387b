"""The records that the two APIs of a test hold, and a pull of them into a folder."""

from datetime import UTC, datetime
from pathlib import Path

from server import Server

from predictive_scoring.sources.crm import hubspot, salesforce
from predictive_scoring.sources.crm.pulling import pull

NOW = datetime(2024, 6, 2, tzinfo=UTC)
CHANGED = 1_717_200_000_000  # 2024-06-01, in milliseconds


def _hubspot() -> Server:
    tables = {
        "contacts": [
            {"hs_object_id": "501", "email": "ana@acme.example.com", "createdate": "2024-03-01T08:30:00Z",
             "lastmodifieddate": "2024-06-01T08:00:00Z", "associatedcompanyid": "9001",
             "hs_analytics_source": "ORGANIC_SEARCH", "hs_email_optout": "false", "lifecyclestage": "customer",
             "hs_lifecyclestage_marketingqualifiedlead_date": "2024-03-05T11:00:00Z"},
            {"hs_object_id": "502", "email": "luis@acme.example.com", "createdate": "2024-03-02T10:00:00Z",
             "lastmodifieddate": "2024-03-02T10:00:00Z", "associatedcompanyid": "9001",
             "hs_analytics_source": "DIRECT_TRAFFIC", "hs_email_optout": "true", "lifecyclestage": "lead"},
        ],
        "companies": [{"hs_object_id": "9001", "industry": "COMPUTER_SOFTWARE", "numberofemployees": "120"}],
        "calls": [{"hs_object_id": "71", "hs_timestamp": "2024-03-03T09:00:00Z", "hs_call_direction": "OUTBOUND",
                   "hs_createdate": "2024-03-03T09:05:00Z"}],
        "deals": [{"hs_object_id": "601", "dealstage": "closedwon", "closedate": "2024-05-31T00:00:00Z",
                   "amount": "12500"},
                  {"hs_object_id": "602", "dealstage": "closedlost", "closedate": "2024-05-30T00:00:00Z"}],
    }  # fmt: skip
    server = Server({name: [{**row, "changed_ms": CHANGED} for row in rows] for name, rows in tables.items()})
    for row in server.tables["deals"]:
        row["hs_lastmodifieddate"] = "2024-06-01T00:00:00Z"
    server.histories = {
        "601": [("closedwon", "2024-05-20T15:45:00Z"), ("appointmentscheduled", "2024-04-01T10:00:00Z")]
    }
    server.contacts = {("calls", "71"): ["501"], ("deals", "601"): ["501", "502"], ("deals", "602"): ["502"]}
    return server


def _salesforce() -> Server:
    lead = {"SystemModstamp": "2024-06-01T00:00:00Z", "HasOptedOutOfEmail": False}
    tables = {
        "Lead": [
            {**lead, "Id": "00Q1v00000AbCdEEAV", "CreatedDate": "2024-03-01T09:30:00.000+0000", "LeadSource": "Web",
             "LastModifiedDate": "2024-06-01T10:00:00.000+0000", "ConvertedDate": "2024-03-20",
             "Email": "ana@acme.example.com",
             "ConvertedContactId": "0031v00000FgHiJAAV", "ConvertedOpportunityId": "0061v00000KlMnOAAV",
             "NumberOfEmployees": 120},
            {**lead, "Id": "00Q1v00000PqRsTEAV", "CreatedDate": "2024-03-02T11:00:00.000+0000", "IsDeleted": True,
             "LastModifiedDate": "2024-03-15T08:00:00.000+0000", "MasterRecordId": "00Q1v00000AbCdEEAV"},
            {**lead, "Id": "00Q1v00000UuUuUEAV", "CreatedDate": "2024-03-04T11:00:00.000+0000",
             "LastModifiedDate": "2024-03-04T11:00:00.000+0000", "HasOptedOutOfEmail": True},
        ],
        "Account": [
            {"Id": "0011v00000AaAaAAAV", "Website": "www.acme.example.com", "CreatedDate": "2019-05-01T09:00:00.000Z",
             "Industry": "Technology", "NumberOfEmployees": 120, "AnnualRevenue": 5400000.0, "BillingCountry": "Spain",
             "Type": "Customer", "SystemModstamp": "2024-06-01T00:00:00Z"},
        ],
        "Contact": [
            {"Id": "0031v00000FgHiJAAV", "LastModifiedDate": "2024-03-20T12:00:00.000+0000",
             "SystemModstamp": "2024-06-01T00:00:00Z"},
            {"Id": "0031v00000StUvWAAV", "LastModifiedDate": "2024-04-10T08:00:00.000+0000", "IsDeleted": True,
             "MasterRecordId": "0031v00000FgHiJAAV", "SystemModstamp": "2024-04-10T08:00:00Z"},
        ],
        "Task": [
            {"Id": "00T0", "WhoId": "0031v00000StUvWAAV", "TaskSubtype": "Email",
             "CompletedDateTime": "2024-04-01T10:00:00.000+0000", "SystemModstamp": "2024-04-01T10:00:00Z"},
            {"Id": "00T1", "WhoId": "0031v00000FgHiJAAV", "TaskSubtype": "Call",
             "CompletedDateTime": "2024-03-25T10:00:00.000+0000", "SystemModstamp": "2024-03-25T10:00:00Z"}
        ],
        "Opportunity": [
            {"Id": "0061v00000KlMnOAAV", "CreatedDate": "2024-03-20T12:00:00.000+0000",
             "SystemModstamp": "2024-05-20T15:45:00Z"}
        ],
        "OpportunityHistory": [
            {"Id": "0081", "OpportunityId": "0061v00000KlMnOAAV", "StageName": "Closed Won", "Amount": 12500.0,
             "CreatedDate": "2024-05-20T15:45:00.000+0000", "SystemModstamp": "2024-05-20T15:45:00Z"}
        ],
    }  # fmt: skip
    server = Server(tables)
    server.batch = 1
    return server


WORLDS = {"hubspot": _hubspot, "salesforce": _salesforce}
LOGINS = {
    "hubspot": {"HUBSPOT_ACCESS_TOKEN": "secret-token"},
    "salesforce": {"SALESFORCE_USERNAME": "me@example.com", "SALESFORCE_PASSWORD": "secret-word",
                   "SALESFORCE_SECURITY_TOKEN": "secret-part"},
}  # fmt: skip


def pulled(server: Server, crm: str, folder: Path, now: datetime = NOW, **environment: str) -> dict[str, bytes]:
    """Pull everything and return the files that lie there afterwards."""
    given = {**LOGINS[crm], f"{crm.upper()}_BASE_URL": server.address, **environment}
    tables = hubspot.open_hubspot(given) if crm == "hubspot" else salesforce.open_salesforce(given)
    list(pull(tables, folder, now))
    return files_in(folder)


def files_in(folder: Path) -> dict[str, bytes]:
    """Return the tables in a folder by name."""
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.parquet"))}
