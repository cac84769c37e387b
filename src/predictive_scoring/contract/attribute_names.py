"""How the user's headers and values are spelled once they are inside: one form for what a person reads as equal."""

import re
import unicodedata

RESERVED = frozenset(
    {
        "lead_no",
        "account_no",
        "lead_id",
        "account_id",
        "created_at",
        "updated_at",
        "row_number",
        "email",
        "email_kind",
        "email_group",
        "merged_at",
        "converted",
    }
)


def clean_text(text: str) -> str:
    r"""Return text in Unicode's composed form, without spaces around it, with single spaces inside.

    Examples
    --------
    >>> clean_text("  Jose\u0301\u00a0 Mar\u00eda ") == "Jos\u00e9 Mar\u00eda"
    True
    """
    return " ".join(unicodedata.normalize("NFC", text.replace("\ufeff", " ")).split())


def attribute_name(header: str) -> str:
    """Return the name an attribute has when the source file gives none: lower case, words joined by `_`.

    Examples
    --------
    >>> attribute_name("Tamaño (empleados)"), attribute_name("emp.var.rate"), attribute_name("2nd call")
    ('tamano_empleados', 'emp_var_rate', 'a_2nd_call')
    """
    plain = unicodedata.normalize("NFKD", header).encode("ascii", "ignore").decode()
    name = re.sub(r"[^a-z0-9]+", "_", plain.lower()).strip("_")
    return name if name[:1].isalpha() else f"a_{name}"
