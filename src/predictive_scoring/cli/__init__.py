"""The commands."""


def main() -> None:
    """Run the command line; the exit code says whose fault a failure is."""
    from predictive_scoring.cli.app import run  # noqa: PLC0415  (typer is imported when a command is run)

    run()
