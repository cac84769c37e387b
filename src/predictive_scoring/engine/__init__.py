"""The only door to DuckDB: everything that runs SQL goes through `engine.duck.Engine`."""
