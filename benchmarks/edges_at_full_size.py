"""Train notebook 05's network on as many patches as CS294A does, with up to 100 units.

    python benchmarks/edges_at_full_size.py edges  # writes edges.csv, 4 minutes

The functions are the notebook's own: they are read out of it. A seed fixes the patches,
the start, and the random phases of the scrambled photographs. The filters are measured on
as many new patches of the same kind.
"""

import ast
from pathlib import Path

from sae_utils import data, memory

import nbformat
import numpy as np
import pandas as pd
from measured_tables import write
from scipy import optimize, stats
from threadpoolctl import threadpool_limits

NOTEBOOK = Path(__file__).parents[1] / "notebooks" / "05_natural_images.ipynb"
SEEDS = range(5)
SETTINGS = [
    ("photographs", 10_000, 25),
    ("photographs", 10_000, 49),
    ("photographs", 10_000, 100),
    ("photographs", 5_000, 25),
    ("scrambled", 10_000, 25),
    ("scrambled", 5_000, 25),
]


def taught():
    """Return the notebook's functions, and the grid of frequencies that they use."""
    found = {"np": np, "optimize": optimize, "stats": stats, "print": lambda *_, **__: 0}
    for cell in nbformat.read(NOTEBOOK, as_version=4).cells:
        tags = set(cell.metadata.get("tags", []))
        if cell.cell_type != "code" or tags & {"exercise", "solution"}:
            continue
        for node in ast.parse(cell.source).body:
            grid = ast.unparse(node).startswith(("each_way =", "down, right ="))
            if grid or isinstance(node, ast.FunctionDef):
                exec(ast.unparse(node), found)
    return found


def edges():
    """Measures of filters from photographs, from scrambled ones, and by chance."""
    notebook, photographs, rows = taught(), data.load_photographs(), []

    def patches_of(n, images, seed):
        patches = data.image_patches(n, 8, seed, images).astype("float64")
        return notebook["whitened"](patches - patches.mean(axis=1, keepdims=True))

    def add(kind, n, units, seed, filters, new):
        row = {"data": kind, "patches": n, "units": units, "seed": seed}
        found = notebook["measures"](filters, new)
        row |= {name.lower().replace(" ", "_"): found[name] for name in found}
        localization, orientation = notebook["localization"], notebook["orientation"]
        row["localized"] = np.mean([localization(each) > 0.5 for each in filters])
        row["oriented"] = np.mean([orientation(each) > 0.5 for each in filters])
        row["bandpass"] = np.mean([notebook["bandpass"](each) for each in filters])
        rows.append(row)

    for kind, n, units in SETTINGS:
        for seed in SEEDS:
            images = photographs
            if kind == "scrambled":
                rng = np.random.default_rng(seed)
                images = {
                    name: notebook["scrambled"](image, rng)
                    for name, image in photographs.items()
                }
            x, new = (patches_of(n, images, each) for each in (seed, seed + 100))
            (w1, *_), _ = notebook["learned"](notebook["squashed"](x), seed, units)
            add(kind, n, units, seed, w1.T, new)
            if (kind, units) == ("photographs", 25):
                mixtures = notebook["mixtures_of"](x)
                add("chance", n, len(mixtures), seed, mixtures, new)
    return pd.DataFrame(rows)


if __name__ == "__main__":
    threadpool_limits(1)
    memory.keep_freed_memory()
    write({"edges": ("edges", edges)})
