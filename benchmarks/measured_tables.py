"""How the scripts beside this one write their tables into the package."""

import sys
from pathlib import Path

from sae_utils import data


def write(tables):
    """Measure the table that the command line names, and write it with that command.

    Args:
        tables: A dict from a table's name on the command line to the name of its file,
            without ending, and the function that returns it as a `pandas.DataFrame`.
    """
    script, table = sys.argv
    file, measure = tables[table]
    text = measure().to_csv(index=False, float_format="%.5g")
    data.MEASURED.mkdir(exist_ok=True)
    heading = f"# Made by: python benchmarks/{Path(script).name} {table}\n"
    (data.MEASURED / f"{file}.csv").write_text(heading + text)
