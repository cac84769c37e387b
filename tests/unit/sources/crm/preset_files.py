"""Small exports in the layouts of three CRMs, of invented people, and the way from a preset to a history."""

import re
from collections.abc import Mapping
from pathlib import Path

from predictive_scoring.config.extract import Extract
from predictive_scoring.contract.history import History
from predictive_scoring.project.create import create_project
from predictive_scoring.sources.extract import extract
from predictive_scoring.storage import read_parquet

STRICT = Extract(max_quarantine_share=0.0)

HUBSPOT = {
    "contacts.csv": (
        "Record ID,First Name,Email,Create Date,Last Modified Date,Primary Associated Company ID,Original Source,"
        "Record source,Job Title,Country/Region,Lifecycle Stage,Lead Status,Unsubscribed from all email,"
        "Became a Marketing Qualified Lead Date,Became a Sales Qualified Lead Date\n"
        "501,Ana,ana@acme.example.com,2024-03-01 09:30,2024-06-01 10:00,9001,Organic Search,Forms,Head of IT,Spain,"
        "Customer,Connected,No,2024-03-05 12:00,2024-03-20 08:15\n"
        "502,Luis,luis@acme.example.com,2024-03-02 11:00,2024-03-02 11:00,9001,Direct Traffic,Import,,,Lead,,Yes,,\n"
    ),
    "companies.csv": (
        "Record ID,Company name,Industry,Number of Employees,Annual Revenue,Type\n"
        "9001,Acme,COMPUTER_SOFTWARE,120,5400000,Prospect\n"
    ),
    "calls.csv": (
        "Record ID,Activity date,Create Date,Call direction,Associated Contact IDs\n"
        "71,2024-03-03 10:00,2024-03-03 10:05,Outbound,501\n"
        "72,2024-03-04 16:00,2024-03-06 09:00,Inbound,501;502\n"
        "73,2024-03-05 16:00,2024-03-05 16:00,,999\n"
        "74,2024-03-05 17:00,2024-03-05 17:00,,\n"
    ),
    "emails.csv": (
        "Record ID,Activity date,Create Date,Email direction,Associated Contact IDs\n"
        "81,2024-03-04 08:00,2024-03-04 08:00,INCOMING_EMAIL,502\n"
    ),
    "meetings.csv": "Record ID,Create Date,Associated Contact IDs\n91,2024-03-10 09:00,501\n",
    "tasks.csv": "Record ID,Completed at,Associated Contact IDs\n95,2024-03-11 09:00,501\n96,,501\n",
    "deals.csv": (
        "Record ID,Deal Name,Deal Stage,Close Date,Amount,Closed Lost Reason,Associated Contact IDs\n"
        "601,Acme plan,Closed Won,2024-05-20 17:45,12500,,501;502\n"
        "602,Acme more,Appointment Scheduled,2025-01-31 17:45,900,,501\n"
        "603,Nobody,Closed Lost,2024-05-01 10:00,10,Price,\n"
    ),
}
SALESFORCE = {
    "Lead.csv": (
        "Id,FirstName,Email,CreatedDate,LastModifiedDate,LeadSource,Country,Industry,NumberOfEmployees,AnnualRevenue,"
        "Title,Rating,Status,HasOptedOutOfEmail,IsConverted,ConvertedDate,ConvertedContactId,ConvertedOpportunityId,"
        "MasterRecordId,OwnerId\n"
        "00Q1v00000AbCdEEAV,Ana,ana@acme.example.com,2024-03-01T09:30:00.000Z,2024-06-01T10:00:00.000Z,Web,Spain,"
        "Technology,120,5400000,Head of IT,Hot,Closed - Converted,false,true,2024-03-20,0031v00000FgHiJAAV,"
        "0061v00000KlMnOAAV,,0051v00000AnAnAAAV\n"
        "00Q1v00000PqRsTEAV,Luis,luis@acme.example.com,2024-03-02T11:00:00.000+0000,2024-03-15T08:00:00.000Z,"
        "Trade Show,,,,,,,Open - Not Contacted,true,false,,,,00Q1v00000AbCdEEAV,0051v00000AnAnAAAV\n"
        "00Q1v00000EvEvEEAV,Eva,eva@gmail.com,2024-03-05T10:00:00.000Z,2024-03-05T10:00:00.000Z,Web,,,,,,,"
        "Open - Not Contacted,false,false,,,,,0051v00000BeBeBAAV\n"
    ),
    # The second was made by a conversion, the third has no website.
    "Account.csv": (
        "Id,Name,Website,CreatedDate,Industry,NumberOfEmployees,AnnualRevenue,BillingCountry,Type\n"
        "0011v00000AaAaAAAV,Acme,https://www.acme.example.com/es,2019-05-01T09:00:00.000Z,Technology,120,5400000,Spain,"
        "Prospect\n"
        "0011v00000BbBbBAAV,Acme again,acme.example.com,2024-03-20T12:00:00.000Z,Finance,9,,,Customer\n"
        "0011v00000CcCcCAAV,Nobody,,2020-01-01T09:00:00.000Z,,,,,\n"
    ),
    # Ana's contact took one in and later went into another; of the last pair none was a lead.
    "Contact.csv": (
        "Id,Email,LastModifiedDate,IsDeleted,MasterRecordId\n"
        "0031v00000StUvWAAV,ana@old.example.com,2024-04-10T08:00:00.000Z,true,0031v00000FgHiJAAV\n"
        "0031v00000FgHiJAAV,ana@acme.example.com,2024-06-10T08:00:00.000Z,true,0031v00000NoPqRAAV\n"
        "0031v00000NoPqRAAV,ana@acme.example.com,2024-06-10T08:00:00.000Z,false,\n"
        "0031v00000ZzZzZAAV,zoe@zeta.example.com,2024-05-10T08:00:00.000Z,true,0031v00000YyYyYAAV\n"
    ),
    "Task.csv": (
        "Id,WhoId,TaskSubtype,CreatedDate,CompletedDateTime,Status\n"
        "00T1v00000000001AA,00Q1v00000AbCdE,Call,2024-03-03T10:00:00Z,2024-03-03T10:05:00Z,Completed\n"
        "00T1v00000000002AA,0031v00000FgHiJAAV,Email,2024-03-25T10:00:00Z,2024-03-25T10:00:00Z,Completed\n"
        "00T1v00000000003AA,0031v00000ZzZzZAAV,Task,2024-03-25T10:00:00Z,2024-03-25T10:00:00Z,Completed\n"
        "00T1v00000000004AA,00Q1v00000PqRsTEAV,Task,2024-03-25T10:00:00Z,,Not Started\n"
        "00T1v00000000005AA,0031v00000StUvWAAV,Call,2024-04-01T10:00:00Z,2024-04-01T10:00:00Z,Completed\n"
        "00T1v00000000006AA,0031v00000NoPqRAAV,Email,2024-06-12T10:00:00Z,2024-06-12T10:00:00Z,Completed\n"
    ),
    "Event.csv": "Id,WhoId,CreatedDate\n00U1v00000000001AA,00Q1v00000AbCdEEAV,2024-03-10T09:00:00Z\n",
    "CampaignMember.csv": (
        "Id,LeadId,ContactId,CampaignId,CreatedDate,FirstRespondedDate\n"
        "00v1v00000000001AA,00Q1v00000PqRsTEAV,,7011v0000000001AAA,2024-03-04T08:00:00Z,2024-03-06\n"
    ),
    "Opportunity.csv": (
        "Id,StageName,CreatedDate,CloseDate,Amount\n"
        "0061v00000KlMnOAAV,Closed Won,2024-03-20T12:00:00Z,2024-05-20,12500\n"
        "0061v00000XxXxXAAV,Prospecting,2024-03-21T12:00:00Z,2024-05-20,1\n"
    ),
    "OpportunityHistory.csv": (
        "Id,OpportunityId,StageName,Amount,CreatedDate\n"
        "0081v00000000001AA,0061v00000KlMnOAAV,Prospecting,,2024-03-20T12:00:00Z\n"
        "0081v00000000002AA,0061v00000KlMnOAAV,Closed Won,12500,2024-05-20T15:45:00Z\n"
    ),
}
DYNAMICS = {
    "leads.csv": (
        "leadid,firstname,emailaddress1,createdon,modifiedon,leadsourcecode,address1_country,industrycode,"
        "numberofemployees,revenue,jobtitle,leadqualitycode,statuscode,donotbulkemail,_masterid_value\n"
        "a1111111-0000-4000-8000-000000000001,Ana,ana@acme.example.com,2024-03-01T09:30:00Z,2024-06-01T10:00:00Z,Web,"
        "Spain,Consulting,120,5400000,Head of IT,Hot,Qualified,0,\n"
        "a1111111-0000-4000-8000-000000000002,Luis,luis@acme.example.com,2024-03-02T11:00:00Z,2024-03-15T08:00:00Z,"
        "Trade Show,,,,,,,New,1,a1111111-0000-4000-8000-000000000001\n"
        "a1111111-0000-4000-8000-000000000003,Eva,eva@gmail.com,2024-03-05T10:00:00Z,2024-03-05T10:00:00Z,Web,,,,,,,New,"
        "0,\n"
    ),
    # The second was made by a qualification, the third has no website.
    "accounts.csv": (
        "accountid,name,websiteurl,createdon,industrycode,numberofemployees,revenue,address1_country,customertypecode\n"
        "e1,Acme,https://www.acme.example.com/es,2019-05-01T09:00:00Z,Consulting,120,5400000,Spain,Prospect\n"
        "e2,Acme again,acme.example.com,2024-03-20T12:00:00Z,Finance,9,,,Customer\n"
        "e3,Nobody,,2020-01-01T09:00:00Z,,,,,\n"
    ),
    # Ana's contact took one in and later went into another; the last two never were leads.
    "contacts.csv": (
        "contactid,createdon,modifiedon,_originatingleadid_value,_masterid_value\n"
        "c1111111-0000-4000-8000-000000000001,2024-03-20T12:00:00Z,2024-06-10T08:00:00Z,"
        "a1111111-0000-4000-8000-000000000001,c1111111-0000-4000-8000-000000000003\n"
        "c1111111-0000-4000-8000-000000000002,2024-03-22T12:00:00Z,2024-04-10T08:00:00Z,,"
        "c1111111-0000-4000-8000-000000000001\n"
        "c1111111-0000-4000-8000-000000000003,2024-05-01T12:00:00Z,2024-06-10T08:00:00Z,,\n"
        "c1111111-0000-4000-8000-000000000008,2024-03-20T12:00:00Z,2024-03-21T12:00:00Z,,"
        "c1111111-0000-4000-8000-000000000009\n"
        "c1111111-0000-4000-8000-000000000009,2024-03-20T12:00:00Z,2024-03-21T12:00:00Z,,\n"
    ),
    "opportunities.csv": (
        "opportunityid,createdon,statecode,actualclosedate,actualvalue,_originatingleadid_value\n"
        "b1111111-0000-4000-8000-000000000001,2024-03-20T12:00:00Z,Won,2024-05-20,12500,"
        "a1111111-0000-4000-8000-000000000001\n"
        "b1111111-0000-4000-8000-000000000009,2024-03-20T12:00:00Z,Open,,,\n"
    ),
    "activitypointers.csv": (
        "activityid,activitytypecode,createdon,_regardingobjectid_value\n"
        "d1,phonecall,2024-03-03T10:05:00Z,a1111111-0000-4000-8000-000000000001\n"
        "d2,email,2024-03-25T10:00:00Z,c1111111-0000-4000-8000-000000000001\n"
        "d3,task,2024-03-26T10:00:00Z,b1111111-0000-4000-8000-000000000001\n"
        "d4,bulkoperation,2024-03-26T10:00:00Z,a1111111-0000-4000-8000-000000000001\n"
        "d5,email,2024-03-26T10:00:00Z,c1111111-0000-4000-8000-000000000009\n"
        "d6,phonecall,2024-04-01T10:00:00Z,c1111111-0000-4000-8000-000000000002\n"
        "d7,email,2024-06-12T10:00:00Z,c1111111-0000-4000-8000-000000000003\n"
    ),
}
EXPORTS = {"hubspot": HUBSPOT, "salesforce": SALESFORCE, "dynamics": DYNAMICS}
SPANISH_HEADERS = {
    "hubspot": {
        "Record ID": "ID de registro", "Create Date": "Fecha de creación", "Email": "Correo",
        "Last Modified Date": "Fecha de última modificación", "Original Source": "Fuente original",
        "Primary Associated Company ID": "ID de la empresa asociada principal", "Record source": "Fuente del registro",
        "Job Title": "Cargo", "Country/Region": "País/región", "Lifecycle Stage": "Etapa del ciclo de vida",
        "Lead Status": "Estado del lead", "Unsubscribed from all email": "Canceló la suscripción a todos los correos",
        "Became a Marketing Qualified Lead Date": "Fecha en que se convirtió en lead calificado para marketing",
        "Became a Sales Qualified Lead Date": "Fecha en que se convirtió en lead calificado para ventas",
        "Industry": "Sector", "Number of Employees": "Número de empleados", "Annual Revenue": "Ingresos anuales",
        "Type": "Tipo", "Associated Contact IDs": "IDs de contactos asociados", "Deal Stage": "Etapa del negocio",
        "Close Date": "Fecha de cierre", "Amount": "Valor", "Closed Lost Reason": "Motivo de cierre perdido",
        "Activity date": "Fecha de la actividad", "Call direction": "Dirección de la llamada",
        "Email direction": "Dirección del correo", "Completed at": "Completado el",
    },
    "salesforce": {
        "Id": "ID de candidato", "CreatedDate": "Fecha de creación", "LastModifiedDate": "Fecha de última modificación",
        "Email": "Correo electrónico", "LeadSource": "Origen del candidato", "Country": "País", "Industry": "Sector",
        "NumberOfEmployees": "Número de empleados", "AnnualRevenue": "Ingresos anuales", "Title": "Cargo",
        "Rating": "Valoración", "Status": "Estado del candidato", "WhoId": "ID de nombre", "StageName": "Etapa",
        "HasOptedOutOfEmail": "No participación en correo electrónico", "ConvertedDate": "Fecha de conversión",
        "ConvertedContactId": "ID de contacto convertido", "ConvertedOpportunityId": "ID de oportunidad convertida",
        "MasterRecordId": "ID de registro principal", "TaskSubtype": "Subtipo de tarea", "Amount": "Importe",
        "CompletedDateTime": "Fecha/Hora de finalización", "CampaignId": "ID de campaña",
        "FirstRespondedDate": "Fecha de primera respuesta", "OpportunityId": "ID de oportunidad",
        "Website": "Sitio web", "BillingCountry": "País de facturación", "Type": "Tipo",
    },
    "dynamics": {
        "leadid": "(No modificar) Cliente potencial", "createdon": "Fecha de creación",
        "emailaddress1": "Correo electrónico",
        "modifiedon": "(No modificar) Fecha de modificación", "leadsourcecode": "Origen del cliente potencial",
        "address1_country": "Dirección 1: País o región", "industrycode": "Sector",
        "numberofemployees": "Número de empleados", "revenue": "Ingresos anuales", "jobtitle": "Puesto",
        "leadqualitycode": "Clasificación", "statuscode": "Razón para el estado", "statecode": "Estado",
        "donotbulkemail": "No permitir correo electrónico en masa", "activitytypecode": "Tipo de actividad",
        "actualclosedate": "Fecha de cierre real", "actualvalue": "Ingresos reales",
        "websiteurl": "Sitio web", "customertypecode": "Tipo de relación",
    },
}  # fmt: skip
SPANISH_VALUES = {
    "hubspot": {
        "Closed Won": "Cierre ganado", "Closed Lost": "Cierre perdido", "Outbound": "Saliente", "Inbound": "Entrante",
        ",No,": ",No,", ",Yes,": ",Sí,",
    },
    "salesforce": {
        "Closed Won": "Cerrada ganada", ",Call,": ",Llamada,", ",Email,": ",Correo electrónico,", ",Task,": ",Tarea,",
        ",true,": ",Verdadero,", ",false,": ",Falso,",
    },
    "dynamics": {
        "phonecall": "Llamada de teléfono", ",email,": ",Correo electrónico,", ",task,": ",Tarea,", "Won": "Ganada",
        "New,1,": "New,Sí,", "Qualified,0,": "Qualified,No,",
    },
}  # fmt: skip


def in_spanish(crm: str) -> dict[str, str]:
    """Return an export as an account in Spanish writes it: other headers, other words for yes, no, won and lost."""
    files = {}
    for name, text in EXPORTS[crm].items():
        header, rows = text.split("\n", 1)
        translated = ",".join(SPANISH_HEADERS[crm].get(column, column) for column in header.split(","))
        pattern = "|".join(re.escape(word) for word in SPANISH_VALUES[crm])
        files[name] = translated + "\n" + re.sub(pattern, lambda found: SPANISH_VALUES[crm][found[0]], rows)
    return files


def project_of(folder: Path, crm: str, files: Mapping[str, str]) -> Path:
    """Make a project of a preset, put an export into it and return its source file."""
    create_project(folder, crm)
    raw = folder / "data" / "raw" / crm
    raw.mkdir()
    for name, text in files.items():
        (raw / name).write_text(text, encoding="utf-8")
    return folder / "data" / "sources" / f"{crm}.yaml"


def history_of(folder: Path, crm: str, files: Mapping[str, str]) -> History:
    """Extract an export by its preset; not one row may break a rule."""
    return extract(project_of(folder / "project", crm, files), folder / "history", STRICT)


def rows(history: History, table: str, *names: str) -> list[tuple]:
    """Return columns of a table; of instants what the clock shows in UTC, of `lead_no` the lead's id."""
    leads = {row["lead_no"]: row["lead_id"] for row in read_parquet(history.path("leads")).to_pylist()}

    def shown(row: dict, name: str) -> object:
        if name == "lead_no":
            return leads[row[name]]
        return f"{row[name]:%m-%d %H:%M}" if name.endswith("_at") and row[name] is not None else row[name]

    found = read_parquet(history.path(table)).to_pylist()
    return sorted((tuple(shown(row, name) for name in names) for row in found), key=str)
