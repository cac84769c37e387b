"""Exports of a company that does not exist, as a Spanish office writes them, and as a plain CRM does."""

import csv
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

FIRST = datetime(2024, 1, 15, 9, 30)  # exports carry no offset
PEOPLE = ("Núria Muñoz", "Íñigo Peña", "Zoë Åström", "Begoña Ibáñez", "Łucja Kowal")

LEADS_HEADER = (
    "Código", "Fecha de alta", "Correo electrónico", "Teléfono", "Nombre", "Canal", "Presupuesto", "Estado",
    "Fecha de cierre", "Motivo", "Trámite",
)  # fmt: skip
VISITS_HEADER = ("Código", "Fecha", "Tipo")


def write_rows(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]], **how: str) -> Path:
    """Write rows as text; `encoding` and `delimiter` as given, UTF-8 and commas by default."""
    with path.open("w", encoding=how.get("encoding", "utf-8"), errors="replace", newline="") as file:
        writer = csv.writer(file, delimiter=how.get("delimiter", ","))
        writer.writerow(header)
        writer.writerows(rows)
    return path


def spanish_export(folder: Path, n_leads: int = 300) -> list[Path]:
    """Write leads with their outcomes, and visits, in cp1252 with semicolons, decimal commas and day before month."""
    rng = np.random.default_rng(7)
    leads, visits = [], []
    for number in range(n_leads):
        code, came = f"P{number:04d}", FIRST + timedelta(hours=26 * number)
        won = rng.random() < 0.3
        state = "Ganado" if won else "Perdido" if rng.random() < 0.5 else "En curso"
        closed = "" if state == "En curso" else f"{came + timedelta(days=20):%d/%m/%Y %H:%M}"
        budget = f"{rng.integers(1, 9)}.{rng.integers(100, 999)},{rng.integers(10, 99)}"
        name = f"{PEOPLE[number % 5]} {chr(65 + number % 26)}{'abcdefghij'[number // 26 % 10]}s"
        phone = f"+34 600 {number:03d} 1{number % 90:02d}"
        mail = f"persona{number}@empresa{number % 90}.example"
        channel, reason = ("web", "feria", "recomendación")[number % 3], ("", "Precio", "Plazo")[number % 3]
        paper = "Firma enviada" if won else "Pendiente"  # written when the deal is won, whatever its name says
        asked = (code, f"{came:%d/%m/%Y %H:%M}", mail, phone, name, channel, budget)
        leads.append((*asked, state, closed, reason if state == "Perdido" else "", paper))
        visits += [
            (
                code,
                f"{came + timedelta(hours=5 * visit):%d/%m/%Y %H:%M}",
                ("Visita web", "Descarga", "Llamada")[visit % 3],
            )
            for visit in range(int(rng.integers(1, 6)))
        ]
    how = {"encoding": "cp1252", "delimiter": ";"}
    return [
        write_rows(folder / "prospectos.csv", LEADS_HEADER, leads, **how),
        write_rows(folder / "actividades.csv", VISITS_HEADER, visits, **how),
    ]


def flat_export(folder: Path, n_leads: int = 400, **more: Sequence[object]) -> Path:
    """Write one table of leads with the outcome in a column; `more` are further columns, a value a row."""
    rng = np.random.default_rng(3)
    bought = bought_in(n_leads)
    header = ["Prospect No", "Channel", "Employees", *more, "Converted"]
    rows = [
        (f"N{number:05d}", ("web", "fair", "partner")[int(rng.integers(3))], int(rng.integers(1, 900)),
         *(column[number] for column in more.values()), "yes" if bought[number] else "no")
        for number in range(n_leads)
    ]  # fmt: skip
    return write_rows(folder / "export.csv", header, rows)


def bought_in(n_leads: int = 400) -> np.ndarray:
    """Return who converts in the flat export, shape (n_leads,)."""
    return np.random.default_rng(11).random(n_leads) < 0.25
