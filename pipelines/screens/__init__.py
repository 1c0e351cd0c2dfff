"""What the command prints: pure functions from the records of `warehouse.shapes` to rich renderables.

Belongs here: tables, order, emphasis. Does not belong here: how a figure is written (`wording`), where it comes from
(`warehouse`), printing (`cli`).
"""
