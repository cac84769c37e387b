"""The values that occur in the simulated export; an empty string stands for 'not filled in'."""

from typing import NamedTuple


class Kind(NamedTuple):
    """One kind of activity: its name, who it comes from and the topics it can be about."""

    name: str
    direction: str
    topics: tuple[str, ...]


PAGES = ("home", "product", "blog", "case_studies", "integrations", "about_us", "careers")
ASSETS = ("buyers_guide", "roi_calculator", "security_whitepaper", "benchmark_study")
CAMPAIGNS = ("newsletter", "product_update", "nurture_basics", "nurture_customers", "event_invitation")
WEBINARS = ("getting_started", "customer_stories", "data_quality", "planning_season")

# The order is that of the kernel's codes.
KINDS = (
    Kind("page_view", "inbound", PAGES),
    Kind("pricing_page_view", "inbound", ("pricing",)),
    Kind("content_download", "inbound", ASSETS),
    Kind("webinar_attended", "inbound", WEBINARS),
    Kind("demo_request", "inbound", ("demo_form",)),
    Kind("email_open", "inbound", CAMPAIGNS),
    Kind("email_click", "inbound", CAMPAIGNS),
    Kind("email_reply", "inbound", CAMPAIGNS),
    Kind("product_login", "inbound", ("trial_workspace",)),
    Kind("form_submit", "inbound", ("contact_form", "newsletter_form", "event_form")),
    Kind("email_sent", "outbound", CAMPAIGNS),
    Kind("call_made", "outbound", ("introduction", "follow_up")),
    Kind("opt_out", "inbound", ("unsubscribe_link",)),
)

CHANNELS = (
    "organic_search",
    "paid_ads",
    "webinar",
    "referral",
    "event",
    "partner",
    "outbound_list",
    "social_media",
)
SENIORITIES = ("c_level", "director", "manager", "specialist", "student", "")
DEPARTMENTS = ("marketing", "sales", "operations", "it", "finance", "human_resources", "")
FORM_LANGUAGES = ("en", "es", "de", "")
INDUSTRIES = (
    "software",
    "manufacturing",
    "retail",
    "financial_services",
    "healthcare",
    "education",
    "logistics",
    "professional_services",
    "",
)
COUNTRIES = ("ES", "MX", "US", "DE", "GB", "FR", "CO", "")
SPANISH_SPEAKING = ("ES", "MX", "CO")
FREE_MAIL_DOMAINS = ("gmail.com", "hotmail.com", "yahoo.com", "outlook.com")
DISPOSABLE_DOMAINS = ("mailinator.com",)
EMAIL_KINDS = ("business", "free", "disposable", "")
LOST_REASONS = ("no_budget", "chose_competitor", "no_reply", "bad_timing", "no_need")
RATINGS = ("hot", "warm", "cold", "")

_TITLES_EN = {
    "c_level": ("Chief {d} Officer", "VP of {d}"),
    "director": ("Head of {d}", "{d} Director"),
    "manager": ("{d} Manager", "{d} Team Lead"),
    "specialist": ("{d} Specialist", "{d} Analyst"),
    "student": ("{d} Intern", "Student"),
}
_TITLES_ES = {
    "c_level": ("Vicepresidenta de {d}", "Director General de {d}"),
    "director": ("Directora de {d}", "Director de {d}"),
    "manager": ("Responsable de {d}", "Jefa de {d}"),
    "specialist": ("Técnico de {d}", "Analista de {d}"),
    "student": ("Becaria de {d}", "Estudiante"),
}
_DEPARTMENTS_EN = ("Marketing", "Sales", "Operations", "IT", "Finance", "People", "Business")
_DEPARTMENTS_ES = ("Marketing", "Ventas", "Operaciones", "Sistemas", "Finanzas", "Personas", "Negocio")
N_TITLE_VARIANTS = 2


def job_title(seniority: int, department: int, spanish: bool, variant: int) -> str:
    """Return a title as a person writes it on a form; empty where the seniority is not known.

    Examples
    --------
    >>> job_title(1, 0, False, 0), job_title(1, 2, True, 0), job_title(5, 0, False, 0)
    ('Head of Marketing', 'Directora de Operaciones', '')
    """
    level = SENIORITIES[seniority]
    if not level:
        return ""
    titles, departments = (_TITLES_ES, _DEPARTMENTS_ES) if spanish else (_TITLES_EN, _DEPARTMENTS_EN)
    return titles[level][variant].format(d=departments[department])
