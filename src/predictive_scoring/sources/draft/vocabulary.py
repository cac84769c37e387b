"""What columns, files and values are commonly called in English and in Spanish; lower case, without accents."""

import re

from predictive_scoring.contract.attribute_names import attribute_name

# fmt: off
ROLES: dict[str, tuple[str, ...]] = {
    "lead_id": (
        "lead id", "id lead", "lead no", "lead number", "lead", "prospect id", "prospect no", "id prospecto",
        "prospecto", "case id", "contact id", "contact ids", "id contacto", "id de contacto", "customer id",
        "id cliente", "cliente", "user id", "record id", "id de registro", "id del registro", "application id",
        "id solicitud", "deal id", "session id", "id", "codigo", "numero", "no",
    ),
    "account_id": (
        "account id", "id account", "account no", "account", "company id", "company no", "company number", "company",
        "id cuenta", "id de cuenta", "cuenta", "id empresa", "id de empresa", "empresa", "cif", "organization id",
        "organisation id", "associated company id", "id compania",
    ),
    "email": ("email", "e mail", "mail", "email address", "correo", "correo electronico", "direccion de correo"),
    "created_at": (
        "created at", "created", "create date", "created date", "creation date", "created on", "createdate",
        "entered on", "reg date", "registered at", "registration date", "signup date", "signed up at",
        "date created", "fecha creacion", "fecha de creacion", "fecha alta", "fecha de alta", "alta",
        "fecha registro", "fecha de registro", "fecha entrada", "fecha de entrada", "entry date", "date added",
        "date", "fecha",
    ),
    "updated_at": (
        "updated at", "last modified", "last modified date", "modified on", "last updated", "fecha de modificacion",
        "fecha modificacion", "ultima modificacion", "fecha de ultima modificacion",
    ),
    "occurred_at": (
        "occurred at", "happened at", "timestamp", "event time", "event date", "activity date", "stage date",
        "close date", "closed date", "closed at", "at", "on", "when", "date", "time", "datetime", "fecha",
        "fecha y hora", "fecha actividad", "fecha de actividad", "fecha de cierre", "fecha cierre", "fecha etapa",
        "fecha de etapa", "cuando", "hora", "start date", "created at", "fecha de creacion",
    ),
    "recorded_at": (
        "recorded at", "logged at", "entered at", "inserted at", "fecha de grabacion", "fecha grabacion", "grabado",
        "registrado", "fecha registro", "fecha de registro", "created at", "create date",
    ),
    "kind": (
        "kind", "activity type", "event type", "event", "activity", "type", "touch", "action", "tipo",
        "tipo de actividad", "tipo actividad", "actividad", "evento", "accion", "concept name",
    ),
    "topic": (
        "topic", "page", "asset", "campaign", "subject", "url", "tema", "pagina", "campana", "asunto", "contenido",
    ),
    "direction": ("direction", "direccion", "sentido"),
    "value": ("value", "duration", "minutes", "seconds", "valor", "duracion", "minutos", "segundos"),
    "stage": (
        "stage", "deal stage", "status", "lead status", "state", "outcome", "result", "etapa", "fase", "estado",
        "resultado", "etapa de la oportunidad", "stage name",
    ),
    "amount": ("amount", "deal amount", "revenue", "price", "importe", "cantidad", "valor", "monto"),
    "reason": ("reason", "lost reason", "closed lost reason", "motivo", "razon", "causa", "motivo de perdida"),
}

TABLES: dict[str, tuple[str, ...]] = {
    "leads": (
        "lead", "leads", "prospect", "prospects", "contact", "contacts", "case", "cases", "contactos", "prospectos",
        "clientes", "potenciales", "solicitudes", "applications",
    ),
    "accounts": ("account", "accounts", "company", "companies", "organizations", "cuentas", "empresas", "companias"),
    "activities": (
        "activity", "activities", "event", "events", "touches", "visits", "engagements", "tasks", "clicks",
        "actividades", "eventos", "visitas", "tareas", "interacciones", "acciones",
    ),
    "outcomes": (
        "outcome", "outcomes", "stage", "stages", "deal", "deals", "opportunities", "sales", "conversions", "etapas",
        "oportunidades", "ventas", "resultados", "negocios", "cierres",
    ),
}

FIRMOGRAPHICS = (
    "industry", "sector", "employees", "headcount", "annual revenue", "turnover", "founded", "naics", "sic", "website",
    "industria", "empleados", "plantilla", "facturacion", "ingresos anuales", "cnae", "sitio web", "fundada",
)
OF_PEOPLE = (
    "lead", "prospect", "contact", "prospecto", "contacto", "cliente potencial", "first name", "last name", "surname",
    "apellidos", "apellido", "job title", "cargo", "puesto",
)
OUTCOME = (
    "converted", "conversion", "convertido", "convertida", "outcome", "target", "label", "response", "y", "won",
    "win", "ganado", "ganada", "status", "estado", "resultado", "result", "purchase", "purchased", "compra",
    "bought", "revenue", "sale", "venta", "churn", "subscribed", "is customer", "es cliente", "stage", "etapa",
)
WON = (
    "won", "win", "converted", "ganado", "ganada", "activated", "sold", "signed", "purchased", "subscribed",
    "customer", "convertido", "convertida", "vendido", "vendida", "cliente", "contratado", "contratada", "firmado",
    "firmada", "activado", "activada", "success",
)
LOST = (
    "lost", "lose", "declined", "cancelled", "canceled", "rejected", "disqualified", "perdido", "perdida",
    "descartado", "descartada", "rechazado", "rechazada", "cancelado", "cancelada", "anulado", "anulada",
    "unqualified", "failed",
)
YES = ("1", "yes", "true", "y", "t", "si", "s", "verdadero", "x")
NO = ("0", "no", "false", "n", "f", "falso")

WRITTEN_LATER = (
    "closed", "close", "won", "lost", "last", "tags", "tag", "quality", "reason", "motivo", "rating", "score",
    "grade", "modified", "updated", "etiqueta", "etiquetas", "calidad", "valoracion", "puntuacion", "calificacion",
    "ultima", "ultimo", "cierre", "cerrado", "cerrada", "ganado", "perdido", "modificacion", "notable",
    "disposition", "owner", "propietario", "comercial asignado", "next step", "siguiente paso", "probability",
    "probabilidad", "forecast", "lifecycle stage", "lead status", "estado del lead", "profile", "perfil",
    "converted", "opportunity", "oportunidad", "days to", "dias hasta", "index", "indice",
)

PERSONAL: dict[str, tuple[str, ...]] = {
    "an e-mail address": ("email", "e mail", "mail address", "correo", "correo electronico"),
    "a telephone number": ("phone", "mobile", "telephone", "tel", "fax", "telefono", "movil", "whatsapp"),
    "a person's name": (
        "first name", "last name", "full name", "surname", "firstname", "lastname", "name", "nombre", "apellido",
        "apellidos", "primer apellido", "segundo apellido", "contact name",
    ),
    "an address": ("address", "street", "direccion", "calle", "domicilio", "postcode", "latitude", "longitude"),
    "a person's document": (
        "ssn", "passport", "dni", "nif", "nie", "pasaporte", "national id", "iban", "tax id", "rfc", "curp",
    ),
    "a birthday": ("birth date", "birthday", "date of birth", "birthdate", "fecha de nacimiento", "fecha nacimiento"),
    "an address on the network": ("ip", "ip address", "direccion ip", "linkedin", "twitter", "facebook"),
}
NO_PERSON = (
    "company", "empresa", "product", "producto", "campaign", "campana", "event", "file", "kind", "tipo", "type",
    "opt", "domain", "dominio", "not", "no",
)
CODES = (
    "code", "codigo", "cat", "category", "categoria", "type", "tipo", "class", "clase", "region", "zip", "postal",
    "cp", "browser", "systems", "id", "segment", "channel", "canal", "group", "grupo",
)
FREE_TEXT = (
    "job title", "title", "cargo", "puesto", "comment", "comments", "comentario", "comentarios", "notes", "notas",
    "description", "descripcion", "message", "mensaje",
)
IN_TIME = ("month", "mes", "year", "ano", "quarter", "trimestre", "week", "semana")
# fmt: on


def plain(name: str) -> str:
    """Return a header or file name as lower-case words without accents.

    Examples
    --------
    >>> plain("PageValues"), plain("Fecha de creación"), plain("lead_id")
    ('page values', 'fecha de creacion', 'lead id')
    """
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z][a-z])", " ", name)
    return attribute_name(parted).removeprefix("a_").replace("_", " ")


def says_one_of(name: str, phrases: tuple[str, ...]) -> str | None:
    """Return the first phrase that a name holds as whole words, or None.

    Examples
    --------
    >>> says_one_of("Last Notable Activity", ("won", "last")), says_one_of("blast", ("last",))
    ('last', None)
    """
    words = f" {plain(name)} "
    return next((phrase for phrase in phrases if f" {phrase} " in words), None)


def likeness(name: str, role: str) -> float:
    """Return how far a header sounds like a column of the contract, from 0 to 1; earlier phrases count more."""
    phrases = ROLES[role]
    words = plain(name)
    if words in phrases:
        return 1.0 - 0.3 * phrases.index(words) / len(phrases)
    held = [index for index, phrase in enumerate(phrases) if f" {phrase} " in f" {words} " and len(phrase) > 2]
    return 0.5 - 0.2 * held[0] / len(phrases) if held else 0.0
