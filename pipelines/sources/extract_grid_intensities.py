"""Make `data/reference/grid_intensities.csv` again: emissions of electricity by country and year.

The figures are those of Our World in Data (CC BY 4.0), from Ember and the Energy Institute; codecarbon (MIT) carries
the newest year of each country, so that several of its wheels make a series. The ledger keeps a dated extract, not
the package: it wants a dozen others, and only this table is needed. To make it again:

    pip download --no-deps codecarbon==2.3.4 codecarbon==2.5.0 codecarbon==3.3.2
    python -m pipelines.sources.extract_grid_intensities codecarbon-*.whl > data/reference/grid_intensities.csv
"""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path
from zipfile import ZipFile

MEMBER = "codecarbon/data/private_infra/global_energy_mix.json"
COLUMNS = ("country", "year", "grid_intensity_g_per_kwh", "source_id", "confidence", "locator")
SOURCE_ID = "owid-grid-intensity"
COUNTRIES = {
    "ARE": "AE", "AUS": "AU", "AUT": "AT", "BEL": "BE", "BGR": "BG", "BRA": "BR", "CAN": "CA", "CHE": "CH", "CHL": "CL",
    "CHN": "CN", "CZE": "CZ", "DEU": "DE", "DNK": "DK", "ESP": "ES", "EST": "EE", "FIN": "FI", "FRA": "FR", "GBR": "GB",
    "GRC": "GR", "HUN": "HU", "IDN": "ID", "IND": "IN", "IRL": "IE", "ISL": "IS", "ISR": "IL", "ITA": "IT", "JPN": "JP",
    "KAZ": "KZ", "KOR": "KR", "LTU": "LT", "LUX": "LU", "LVA": "LV", "MEX": "MX", "MYS": "MY", "NLD": "NL", "NOR": "NO",
    "NZL": "NZ", "PHL": "PH", "POL": "PL", "PRT": "PT", "QAT": "QA", "ROU": "RO", "RUS": "RU", "SAU": "SA", "SGP": "SG",
    "SVK": "SK", "SVN": "SI", "SWE": "SE", "THA": "TH", "TUR": "TR", "TWN": "TW", "UKR": "UA", "USA": "US", "VNM": "VN",
    "ZAF": "ZA",
}  # fmt: skip
"""ISO 3166-1: alpha-3, as the package writes countries, to alpha-2, as the ledger does."""
WORLD, WHOLE_WORLD = "*", 150
"""The world, and how many countries a file must have to speak for it."""


def rows_of(wheel: Path) -> dict[tuple[str, int], tuple[float, str]]:
    """Intensity (gCO2e per kWh) and place by country and year; the world is the mean weighted by generation.

    Args:
        wheel: a wheel of codecarbon from 2.3 on.
    """
    with ZipFile(wheel) as archive:
        mix = json.loads(archive.read(MEMBER))
    place = f"codecarbon=={wheel.name.split('-')[1]}:{MEMBER}"
    known = {code: row for code, row in mix.items() if row.get("carbon_intensity") and row.get("year")}
    rows = {
        (COUNTRIES[code], int(row["year"])): (float(row["carbon_intensity"]), place)
        for code, row in known.items()
        if code in COUNTRIES
    }
    if len(known) < WHOLE_WORLD:
        return rows
    newest = max(int(row["year"]) for row in known.values())
    whole = [
        (float(row["carbon_intensity"]), float(row["total_TWh"])) for row in known.values() if row.get("total_TWh")
    ]
    mean = sum(grams * terawatt_hours for grams, terawatt_hours in whole) / sum(amount for _, amount in whole)
    rows[WORLD, newest] = (round(mean, 1), f"{place}, mean of {len(whole)} countries weighted by generation")
    return rows


def main(wheels: list[str]) -> None:
    """Write the table to standard output; of one country and year the newest version stands."""
    rows: dict[tuple[str, int], tuple[float, str]] = {}
    for wheel in sorted(map(Path, wheels), key=lambda path: [int(part) for part in path.name.split("-")[1].split(".")]):
        rows |= rows_of(wheel)
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(COLUMNS)
    for (country, year), (grams, place) in sorted(rows.items()):
        writer.writerow((country, year, grams, SOURCE_ID, "verified", place))


if __name__ == "__main__":
    main(sys.argv[1:])
