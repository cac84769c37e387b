"""The integer codes of kinds, decayed counts and facts, and the limits of the kernel."""

MAX_LEADS = 60  # of an account
MAX_ROWS_A_DAY = 45  # of a lead
MAX_ROWS_OF_AN_ACCOUNT = (MAX_LEADS + 1) * MAX_ROWS_A_DAY
N_KINDS = 12  # kinds drawn from rates; the codes below follow them
PAGE_VIEW, PRICING, DOWNLOAD, WEBINAR, DEMO, OPEN, CLICK, REPLY, LOGIN, FORM, SENT, CALL = range(N_KINDS)
OPT_OUT, ANONYMOUS, CREATED, MQL, SQL, WON, LOST, BUDGET, SILENT = range(N_KINDS, N_KINDS + 9)
BORN, CHANNEL, SENIORITY, DEPARTMENT, LANGUAGE, EMAIL, STAGE, CLOSED, CLOSED_DAY, BUDGET_KNOWN = range(10)  # facts
FIT_WIN, FIT_INTEREST, BUDGET_SIZE = range(10, 13)
BROWSING, PRICED, DEMOED, REPLIED, LOGGED_IN, ATTENDED, TOUCHED, OWN = range(13, 21)  # decayed counts
N_DECAYED = 8
TODAY = 21  # where what the day adds to the decayed counts begins, in their order
PENDING = 29  # webinars recorded today, tomorrow, the day after
MOVE, CHANCE = range(32, 34)  # the move drawn today, and today's chance to be won
RATES = 34  # where today's rates of the kinds begin
N_COLUMNS = RATES + N_KINDS
ACCOUNT = MAX_LEADS  # the row of the account: its leads' activity, decayed, in OWN and TODAY
N_LEADS, HAS_WIN = range(2)  # columns of that row
NO_MOVE = 0  # a kind that is not a move
STILL_OPEN, IS_WON, IS_LOST, IS_OPTED_OUT, IS_SILENT = range(5)  # silent: too old, nothing comes of it
N_DECISION_MAKERS = 2  # the first seniorities
THURSDAY = 3
MONDAY_TO_FRIDAY = 5
