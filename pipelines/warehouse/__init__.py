"""The only code that opens DuckDB: read, write by contract, bind SQL, publish, answer.

Does not belong here: what a table means (contracts), what a cost is (costing), Dagster.
"""
