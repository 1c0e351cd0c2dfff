"""WHAT every table is: one pandera class per table, vocabularies and units.

Belongs here: the declaration of tables and what follows from it (DDL, comments, dictionary, validation).
Does not belong here: reading files, opening a database, computing a cost, Dagster.
"""
