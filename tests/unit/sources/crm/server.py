"""A CRM on this machine: the endpoints of HubSpot and of Salesforce that a pull asks, with faults on demand."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlparse

SOAP = (
    '<?xml version="1.0"?><Envelope><Body><loginResponse><result><serverUrl>https://acme.my.salesforce.com/services/Soap'
    "/u/59.0/00D</serverUrl><sessionId>{token}</sessionId></result></loginResponse></Body></Envelope>"
)
SOQL = re.compile(
    r"SELECT (?P<fields>.+) FROM (?P<table>\w+)(?: WHERE (?P<where>.+?))? ORDER BY Id LIMIT (?P<limit>\d+)"
)
REFUSED = (
    '<?xml version="1.0"?><Envelope xmlns:sf="urn:fault"><Body><sf:exceptionCode>INVALID_LOGIN</sf:exceptionCode>'
    "<sf:exceptionMessage>me@example.com: wrong</sf:exceptionMessage></Body></Envelope>"
)
MOMENT = "2024-06-01T00:00:00Z"


class Server:
    """The records of a CRM, the faults it will show, and what it was asked.

    `faults` maps the number of a request (from 0) to 429, 500, "drop", "repeat" or "refused". From `down_from` on it
    drops all.
    """

    def __init__(self, tables: dict[str, list[dict[str, Any]]], token: str = "secret-token") -> None:
        self.tables, self.token = tables, token
        self.histories: dict[str, list[tuple[str, str]]] = {}
        self.contacts: dict[tuple[str, str], list[str]] = {}
        self.faults: dict[int, Any] = {}
        self.hidden: set[str] = set()  # what the user may not read: Account.Website
        self.down_from: int | None = None
        self.asked: list[str] = []
        self.batch = 2000
        self.contacts_a_page = 500
        self.rest: dict[str, list[dict]] = {}
        self.last: dict[str, Any] = {}
        self.address = ""

    def answered(self, path: str, query: dict, body: bytes) -> tuple[int, Any]:
        """Return status and answer; a field that the user may not read is none, for Salesforce."""
        try:
            return 200, self.answer(path, query, body)
        except LookupError as unread:
            return 400, [{"errorCode": "INVALID_FIELD", "message": str(unread)}]

    def answer(self, path: str, query: dict, body: bytes) -> Any:
        """Return the JSON (or the text) that a request is answered with."""
        if "/Soap/" in path:
            return SOAP.format(token=self.token)
        if path == "/services/oauth2/token":
            return {"access_token": self.token, "instance_url": "https://acme.my.salesforce.com"}
        if path.startswith("/services/data/"):
            return self._queried(path, query)
        asked = json.loads(body)
        if path.endswith("/search"):
            return self._searched(path.split("/")[4], asked)
        if path == "/crm/v3/objects/deals/batch/read":
            return self._with_history(asked)
        return self._associated(path.split("/")[4], asked)

    def _searched(self, table: str, asked: dict) -> dict:
        found = sorted(self.tables.get(table, []), key=lambda row: int(row["hs_object_id"]))
        for each in asked["filterGroups"][0]["filters"]:
            name, value = each["propertyName"], int(each["value"])
            if each["operator"] == "GT":
                found = [row for row in found if int(row[name]) > value]
            else:
                found = [row for row in found if row["changed_ms"] >= value]
        shown = [
            {
                "id": row["hs_object_id"],
                "properties": {name: row.get(name) for name in asked["properties"]},
                "createdAt": MOMENT,
                "updatedAt": MOMENT,
                "archived": False,
            }
            for row in found[: asked["limit"]]
        ]
        return {"total": len(found), "results": shown}

    def _with_history(self, asked: dict) -> dict:
        results = [
            {
                "id": given["id"],
                "properties": {},
                "createdAt": MOMENT,
                "updatedAt": MOMENT,
                "archived": False,
                "propertiesWithHistory": {
                    "dealstage": [
                        {"value": stage, "timestamp": at, "sourceType": "CRM_UI"}
                        for stage, at in self.histories.get(given["id"], [])
                    ]
                },
            }
            for given in asked["inputs"]
        ]
        return {"status": "COMPLETE", "results": results, "startedAt": MOMENT, "completedAt": MOMENT}

    def _associated(self, table: str, asked: dict) -> dict:
        results = []
        for given in asked["inputs"]:
            found, start = self.contacts.get((table, given["id"]), []), int(given.get("after", 0))
            shown, end = found[start : start + self.contacts_a_page], start + self.contacts_a_page
            if shown:
                each: dict[str, Any] = {"from": {"id": given["id"]}}
                each["to"] = [{"toObjectId": to, "associationTypes": []} for to in shown]
                if end < len(found):
                    each["paging"] = {"next": {"after": str(end)}}
                results.append(each)
        return {"status": "COMPLETE", "results": results, "startedAt": MOMENT, "completedAt": MOMENT}

    def _queried(self, path: str, query: dict) -> dict:
        last = path.rstrip("/").split("/")[-1]
        if last in self.rest:
            return self._batched(self.rest[last])
        asked = SOQL.fullmatch(query["q"][0])
        assert asked, query
        found = sorted(self.tables.get(asked["table"], []), key=lambda row: row["Id"])
        if last != "queryAll":
            found = [row for row in found if not row.get("IsDeleted")]
        for condition in (asked["where"] or "").split(" AND "):
            if after := re.fullmatch(r"Id > '(\w+)'", condition):
                found = [row for row in found if row["Id"] > after[1]]
            elif condition == "MasterRecordId != null":
                found = [row for row in found if row.get("MasterRecordId")]
            elif since := re.fullmatch(r"SystemModstamp >= (\S+)", condition):
                found = [row for row in found if row["SystemModstamp"] >= since[1]]
        fields = asked["fields"].split(", ")
        if hidden := self.hidden & {f"{asked['table']}.{name}" for name in fields}:
            raise LookupError(f"No such column {hidden} on entity, for person@example.com")
        return self._batched([{name: row.get(name) for name in fields} for row in found[: int(asked["limit"])]])

    def _batched(self, found: list[dict]) -> dict:
        answer: dict[str, Any] = {"totalSize": len(found), "done": True, "records": found[: self.batch]}
        if len(found) > self.batch:
            locator = f"01g{len(self.asked)}"
            self.rest[locator] = found[self.batch :]
            answer |= {"done": False, "nextRecordsUrl": f"/services/data/v59.0/query/{locator}"}
        return answer


@contextmanager
def serving(server: Server) -> Iterator[Server]:
    """Serve on a free port of the loopback until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def _respond(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            url = urlparse(self.path)
            number = len(server.asked)
            server.asked.append(f"{url.path} {body.decode() or url.query}")
            fault = server.faults.get(number)
            if fault == "drop" or (server.down_from is not None and number >= server.down_from):
                self.send_response(200)
                self.send_header("Content-Length", "1000")
                self.end_headers()
                self.wfile.write(b'{"results": [')
                self.close_connection = True
                return
            if fault in (429, 500):
                self._send(fault, {"message": "person@example.com"}, {"Retry-After": "7"} if fault == 429 else {})
                return
            if fault == "refused":
                self._send(500, REFUSED, {})
                return
            is_login = url.path.startswith(("/services/Soap/", "/services/oauth2/"))
            if not is_login and self.headers.get("Authorization") != f"Bearer {server.token}":
                self._send(401, [{"errorCode": "INVALID_AUTH", "message": server.token}], {})
                return
            kind = url.path.replace("queryAll", "query")
            status, answer = server.answered(url.path, parse_qs(url.query), body)
            if fault == "repeat":
                answer = server.last[kind]
            server.last[kind] = answer
            self._send(status, answer, {})

        do_GET = do_POST = _respond  # noqa: N815

        def _send(self, status: int, answer: Any, headers: dict[str, str]) -> None:
            data = (answer if isinstance(answer, str) else json.dumps(answer)).encode()
            self.send_response(status)
            kind = "text/xml" if isinstance(answer, str) else "application/json"
            for name, value in {**headers, "Content-Type": kind, "Content-Length": str(len(data))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            """Stay silent."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    server.address = f"http://127.0.0.1:{http.server_address[1]}"
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join()
