"""A small server on this machine that takes what HubSpot and Salesforce take, and fails on demand."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HUBSPOT = "/crm/v3/objects/contacts/batch/update"


@dataclass
class Crm:
    """What it was sent, and how it is to answer."""

    bodies: list[Any] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    failures: list[tuple[int, dict[str, str]]] = field(default_factory=list)  # status and headers, used up in turn
    unknown: set[str] = field(default_factory=set)  # ids that it does not have
    address: str = ""

    @property
    def taken(self) -> dict[str, Any]:
        """The last fields of each lead that were taken."""
        found = {}
        for body in self.bodies:
            for row in body.get("inputs", body.get("records", [])):
                name = _whose(row)
                if name not in self.unknown:
                    found[name] = row.get("properties", row)
        return found

    def answer(self, body: Any) -> tuple[int, Any]:
        if "inputs" in body:
            fine = [{"id": row.get("id", "T1"), "properties": row["properties"], "createdAt": "2025-01-01T00:00:00Z",
                     "updatedAt": "2025-01-01T00:00:00Z", "archived": False,
                     "objectWriteTraceId": row.get("objectWriteTraceId")}
                    for row in body["inputs"] if _whose(row) not in self.unknown]  # fmt: skip
            lost = [row for row in body["inputs"] if _whose(row) in self.unknown]
            traces = [row.get("objectWriteTraceId", "") for row in lost]
            fresh = any("associations" in row for row in body["inputs"])
            times = {"startedAt": "2025-01-01T00:00:00Z", "completedAt": "2025-01-01T00:00:00Z"}
            errors = [{"status": "error", "category": "OBJECT_NOT_FOUND", "message": "?", "errors": [], "links": {},
                       "context": {"ids": [_whose(row) for row in lost], "objectWriteTraceId": traces}}]  # fmt: skip
            known: dict[str, Any] = {"status": "COMPLETE", "results": fine, **times}
            return (
                (207, {**known, "numErrors": len(lost), "errors": errors}) if lost else (201 if fresh else 200, known)
            )
        return 200, [
            {"id": _whose(row), "success": _whose(row) not in self.unknown,
             "errors": [{"statusCode": "ENTITY_IS_DELETED", "message": "?"}] if _whose(row) in self.unknown else []}
            for row in body["records"]
        ]  # fmt: skip


def _whose(row: Any) -> str:
    """Return the lead that a row is of: its own id, or for a task the person whose task it is."""
    if "associations" in row:
        return str(row["associations"][0]["to"]["id"])
    return str(row.get("id", row.get("Id", row.get("WhoId"))))


@contextmanager
def crm_server() -> Iterator[Crm]:
    """Yield a server that listens while the block runs."""
    crm = Crm()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            crm.tokens.add(self.headers.get("Authorization", ""))
            if crm.failures:
                status, headers = crm.failures.pop(0)
                self.reply(status, {"message": "planted", "category": "PLANTED"}, headers)
                return
            crm.bodies.append(body)
            self.reply(*crm.answer(body), {})

        do_PATCH = do_POST  # noqa: N815  (the names of http.server)

        def reply(self, status: int, value: Any, headers: dict[str, str]) -> None:
            content = json.dumps(value).encode()
            self.send_response(status)
            for name, text in {"Content-Type": "application/json", **headers}.items():
                self.send_header(name, text)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    crm.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield crm
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
