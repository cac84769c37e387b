"""Settings under which a random history declares every statistic there is."""

from predictive_scoring.config.features import Features, Sequence

EVERY_FEATURE = Features(
    windows_days=(7, 30, 90),
    decay_days=(7, 30),
    min_kind_rows=1,
    sequences=(
        Sequence(then="page_view"),
        Sequence(then="opt_out"),
        Sequence(then="email_open", first="page_view"),
        Sequence(then="page_view", first="rare"),
    ),
    usage_kinds=("Téléphone!", "email_open"),
    groups={"web": ("page_view", "rare", "never seen")},
    topics={"both": ("t0", "t1")},
    frequent_topics=1,
    answer_days=9,
    timezone="Europe/Madrid",
    bands={"employees": (10, 50), "budget": (30,)},
    interactions=(("channel", "employees"), ("channel", "industry"), ("budget", "industry")),
)
