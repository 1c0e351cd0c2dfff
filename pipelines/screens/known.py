"""What a screen says above figures as they were known on a day."""

from __future__ import annotations

from datetime import date

from rich.console import Group
from rich.text import Text

from pipelines.screens.pieces import dim, lines


def known_on(day: date) -> Group:
    """The day, and what was and was not of that day."""
    return lines(
        Text(f"As known on {day}", style="bold yellow"),
        dim(
            "computed now, by today's method, from sources published and prices recorded by the end of that day; "
            "rental_now is that day's; claims are left out"
        ),
        "",
    )
