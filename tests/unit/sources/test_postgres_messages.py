"""What is said of a database, layer by layer and without a server: never an address, a password or a value.

Three layers stand behind each other. The errors of a connection are told in words of our own; those of a query repeat
the server only where it repeats the query; and whatever any error is made of, passwords of addresses are masked.
"""

import psycopg
import pytest

from predictive_scoring.config.extract import Extract
from predictive_scoring.errors import PredictiveScoringError, SourceUnreachableError, masked
from predictive_scoring.sources import postgres

PASSWORD, HOST, USER, VALUE = "s3cret-Wörd", "db.acme.example", "reader", "jane.roe@example.com"
DRIVER_SAYS = [
    f'connection failed: FATAL:  password authentication failed for user "{USER}" (password {PASSWORD})',
    f'invalid sslmode value: "{PASSWORD}"',
    f'missing "=" after "{PASSWORD}" in connection info string',
    f"failed to resolve host '{HOST}': Name or service not known",
    f'connection to server at "{HOST}" (10.0.0.7), port 5432 failed: Connection refused',
    f'FATAL:  database "{PASSWORD}" does not exist',
    f'no pg_hba.conf entry for host "10.0.0.7", user "{USER}", database "crm"',
    f"connection is bad: {PASSWORD}",
]


@pytest.fixture
def refusing(monkeypatch):
    """Let the driver refuse any connection with a given text."""

    def refuse(text):
        def connect(*_, **__):
            raise psycopg.OperationalError(text)

        monkeypatch.setattr(psycopg, "connect", connect)

    return refuse


def refusal_of_a_connection():
    address = f"postgresql://{USER}:{PASSWORD}@{HOST}/crm"
    with (
        pytest.raises(SourceUnreachableError) as refused,
        postgres.open_postgres("ACME_DSN", address, Extract()),
    ):
        pass
    return refused.value


@pytest.mark.parametrize("text", DRIVER_SAYS)
def test_K01_no_word_of_the_drivers_is_in_the_message_of_a_connection(refusing, text):
    refusing(text)
    error = refusal_of_a_connection()
    assert not any(secret in str(error) for secret in (PASSWORD, HOST, USER, "10.0.0.7", "5432"))
    assert error.found in {*postgres.SAID.values(), "the address cannot be used"}
    assert error.fix == "check the address in the variable ACME_DSN"
    assert error.exit_code == 6
    assert error.__suppress_context__  # a traceback would show the driver's own error above it


@pytest.mark.parametrize("text", DRIVER_SAYS)
def test_K01_planted_a_message_that_repeats_the_driver_is_caught_by_that_test(refusing, monkeypatch, text):
    """No address stands in these texts, so masking addresses alone would not have kept the secret."""

    def repeats(env, told):
        return SourceUnreachableError(f"the database of {env} cannot be reached", found=told)

    monkeypatch.setattr(postgres, "_no_connection", repeats)
    refusing(text)
    error = refusal_of_a_connection()
    assert any(secret in str(error) for secret in (PASSWORD, HOST, USER))


@pytest.mark.parametrize(
    ("error", "repeats"),
    [
        (psycopg.errors.UndefinedTable, True),
        (psycopg.errors.InsufficientPrivilege, True),
        (psycopg.errors.SyntaxError, True),
        (psycopg.errors.InvalidTextRepresentation, False),
        (psycopg.errors.NumericValueOutOfRange, False),
        (psycopg.errors.UniqueViolation, False),
        (psycopg.errors.AdminShutdown, False),
        (psycopg.OperationalError, False),
    ],
)
def test_K01_the_servers_words_are_told_where_they_repeat_the_query_and_nowhere_else(monkeypatch, error, repeats):
    class Told:
        message_primary = f"what the server says of {VALUE}"

    monkeypatch.setattr(error, "diag", Told)
    told = postgres._failed("ACME_DSN", error(VALUE), 7)
    assert (VALUE in str(told)) == repeats
    assert told.exit_code == 6
    assert told.fix
    if not repeats:
        monkeypatch.setattr(postgres, "OF_THE_QUERY", "")  # planted: as if every class repeated the query only
        assert VALUE in str(postgres._failed("ACME_DSN", error(VALUE), 7))


@pytest.mark.parametrize(
    "text",
    [
        f"postgresql://{USER}:{PASSWORD}@{HOST}/crm",
        f"host={HOST} user={USER} password={PASSWORD}",
        f"https://{HOST}/?api_key={PASSWORD}&n=1",
        f"TOKEN={PASSWORD};next",
    ],
)
def test_K01_the_last_layer_masks_the_password_of_any_address_in_any_part_of_an_error(monkeypatch, text):
    parts = {"found": text, "expected": text, "fix": text}
    assert PASSWORD not in str(PredictiveScoringError(text, **parts))
    assert str(PredictiveScoringError(text, **parts)).count("***") == 4
    assert (HOST in masked(text)) == (HOST in text)  # where it is stays readable
    monkeypatch.setattr("predictive_scoring.errors.masked", lambda told: told)  # planted: a layer that does nothing
    assert PASSWORD in str(PredictiveScoringError(text, **parts))
