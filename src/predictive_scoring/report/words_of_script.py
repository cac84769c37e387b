"""What the page's own script says, from the same catalogues as the page."""

from typing import Any, Final

from babel.numbers import get_decimal_symbol, get_group_symbol

from predictive_scoring.report import contents
from predictive_scoring.report.score_folder import ScoreFolder
from predictive_scoring.report.wording import Wording

_KEYS: Final = (
    "list.raises", "list.lowers", "list.raises_title", "list.lowers_title", "list.none_stands_out", "list.starts",
    "list.ends", "list.more", "list.timeline", "list.account_id", "list.known", "list.link", "list.copied", "list.past",
    "list.rest", "live.any", "live.unknown", "live.not_here", "live.file", "live.opened", "list.fit", "list.engagement",
    "list.score", "list.value", "list.change", "list.possible", "list.possible_note",
    "live.csv", "live.excel", "live.columns", "live.column_list", "live.only", "live.up", "live.down",
)  # fmt: skip
_TABLE: Final = {  # DataTables' own names
    "info": "table.info", "infoEmpty": "table.none", "infoFiltered": "table.filtered", "zeroRecords": "table.none",
    "search": "table.search", "lengthMenu": "table.length", "emptyTable": "table.none",
}  # fmt: skip
_PAGING: Final = ("first", "last", "next", "previous")


def words_of_script(wording: Wording, folder: ScoreFolder) -> dict[str, Any]:
    """Return the script's messages in one language, and how the language writes numbers."""
    say = wording.say
    placeholders = {name: f"_{name.upper()}_" for name in ("start", "end", "total", "max", "menu")}
    table = {name: say(key, 1, **placeholders) for name, key in _TABLE.items()}
    paging = {name: say(f"table.{name}") for name in _PAGING}
    return {
        **{key: say(key, number="{number}") for key in _KEYS},
        "tag": wording.tag,
        "title": say("title"),
        "grades": [*folder.about.grades, "D", "?"],
        "chances": contents.chances_hold(folder.about),
        "engaged": contents.tells_engagement(folder.about),
        "table": {
            **table,
            "paginate": paging,
            "aria": {"paginate": paging, "orderable": say("table.orderable"), "orderableReverse": say("table.reverse")},
            "thousands": get_group_symbol(wording.locale),
            "decimal": get_decimal_symbol(wording.locale),
        },
    }
