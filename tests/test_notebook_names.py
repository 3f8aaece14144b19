"""The rules on names, on made-up notebooks that are lists of sources."""

import nbformat
import pytest
from notebook_names import changed_where_made, one_meaning, own_random_numbers
from notebook_reading import Notebook

SETUP = "import numpy as np\nfrom sae_utils import models, training"

# Cells that are safe to run again, in any order after the first run.
SAFE = {
    "a name in one cell": ["model = 1", "print(model)", "print(model + 1)"],
    "a name twice in one cell": ["x = 1\nx = x + 1\nx += 1\nx.append(2)"],
    "throw-away names": ["fig, ax = f()\nax.plot()", "fig, ax = f()\nfig.show()"],
    "a loop's target": ["for x in 1, 2:\n    print(x)", "for x in 3, 4:\n    print(x)"],
    "a target in a comprehension": ["x = 1", "[x for x in y]", "{x: 1 for x in y}"],
    "names in functions": [
        "def f(x):\n    y = x\n    y += 1\n    y[0] = 2\n    return [y for z in y]",
        "def g(x):\n    import a\n    y = x\n    for z in y:\n        y.append(z)",
        "y = lambda x: x + 1",
    ],
    "names in a class": [
        "class A:\n    x = 1\n    def f(self):\n        self.y = 2",
        "x = 1",
    ],
    "a function that reads a name": ["x = 1", "def f():\n    return x", "f()"],
    "a module's functions": ["np.random.seed(1)\nnp.add.x = 1\nmodels.compile(2)"],
    "a new object": ["PCA().fit(x)\n[1].append(x)", "training.train(models.f(1), x)"],
    "built and trained": [
        "model = models.f(1)\nmodel.compile()\nmodel.fit(x)\ntrain(model)"
    ],
    "built and trained in a loop": [
        "sizes = 1, 2",
        "for size in sizes:\n    model = models.f(size)\n    train(model, x)",
        "for net in [models.f(1), f(2)]:\n    training.train(net, x)",
        "for i in range(2):\n    i += 1",
    ],
    "built and trained in a function": [
        "def run(size):\n    model = f(size)\n    model.fit(x)\n    return model",
        "def go(model, x):\n    model.fit(x)",
        "go(f(1), 2)",
        "plain = f(1)\ngo(plain, 2)",
    ],
    "changed where it is made": ["a = {}\na['b'] = 1\na.c = 2\na['b'].append(3)\ndel a"],
    "a part of a value made here": ["a = f()\nb = a[0]\nb.append(1)"],
    "one generator a cell": ["rng = np.random.default_rng(0)\nrng.normal()"] * 2,
}

BROKEN = {
    one_meaning: [
        ["x = 1", "x = 2"],
        ["x = 1", "x: int = 2"],
        ["x = 1", "a, (b, *x) = c"],
        ["x = 1", "def x():\n    return 2"],
        ["x = 1", "class x:\n    pass"],
        ["x = 1", "import x"],
        ["x = 1", "import x.y"],
        ["x = 1", "from y import z as x"],
        ["x = 1", "with f() as x:\n    pass"],
        ["x = 1", "print(x := 2)"],
        ["x = 1", "[x := y for y in z]"],
        ["x = 1", "for x in y:\n    pass"],
        ["x = 1", "if y:\n    x = 2"],
        ["for x in y:\n    pass", "for y in z:\n    x = y"],
        ["fig = 1", "fig = 2", "fig.show()"],
        ["fig = 1", "fig = 2", "fig.show()\nfig = 3"],
        ["fig = 1", "fig = fig + 1"],
        ["fig = 1", "fig = 2\ndef f():\n    return fig"],
        ["fig = 1", "fig = 2\nf = lambda: fig"],
        ["for x in y:\n    pass", "for x in z:\n    pass", "print(x)"],
        ["for x in y:\n    pass", "for x in x:\n    pass"],
        ["for x in y:\n    pass", "for x in z:\n    pass", "[x for y in z]"],
        ["fig = 1", "fig = 2", "class A:\n    x = fig"],
        ["fig = 1", "fig = 2", "def f(a=fig):\n    return 1"],
    ],
    changed_where_made: [
        ["x = 1", "x += 1"],
        ["x = 1", "x[0] = 1"],
        ["x = 1", "x[0] += 1"],
        ["x = 1", "x.a = 1"],
        ["x = 1", "x.a[0].b = 1"],
        ["x = 1", "del x"],
        ["x = 1", "del x[0]"],
        ["x = 1", "x.append(1)"],
        ["x = 1", "x[0].update(a=1)"],
        ["x = 1", "y = x\ny.append(1)"],
        ["x = 1", "y, z = x[0], 1\ny.append(1)"],
        ["x = 1", "y, z = x\nz.append(1)"],
        ["x = 1", "for y in x:\n    y.append(1)"],
        ["x = 1", "for y, z in zip(x.items(), range(3)):\n    y.append(1)"],
        ["x = 1\ndef f():\n    x.append(1)"],
        ["x = 1\ndef f():\n    global x\n    y = x"],
        ["x = 1", "x.compile()"],
        ["x = 1", "x.fit(y)"],
        ["x = 1", "train(x, y)"],
        ["x = 1", "training.train(x, y)"],
        ["x = 1", "training.train(x['a'], y)"],
        ["def f(y, x):\n    x.fit(y)", "z = 1", "f(1, z)"],
        ["def g(x):\n    f(1, x)", "def f(y, x):\n    x.fit(y)", "z = 1", "g(z)"],
    ],
    own_random_numbers: [
        ["rng = np.random.default_rng(0)", "rng.normal()"],
        ["draw = default_rng(0)", "def f():\n    return draw.normal()"],
        ["rng = default_rng(0)\ndef f():\n    return rng.normal()"],
        ["seeds = keras.random.SeedGenerator(0)", "f(seed=seeds)"],
    ],
}


def problems(rule, sources, folder, **tags):
    """Return what a rule has against cells with these sources."""
    cells = [nbformat.v4.new_code_cell(source) for source in [SETUP, *sources]]
    for cell, tag in zip(cells[1:], tags.get("tags", []), strict=False):
        cell.metadata["tags"] = [tag]
    path = folder / "01_made_up.ipynb"
    path.write_text(nbformat.v4.writes(nbformat.v4.new_notebook(cells=cells)))
    return list(rule(Notebook(path)))


@pytest.mark.parametrize("sources", SAFE.values(), ids=SAFE)
def test_safe_cells_keep_the_rules(sources, tmp_path):
    for rule in BROKEN:
        assert problems(rule, sources, tmp_path) == []


@pytest.mark.parametrize(
    "rule, sources",
    [(rule, sources) for rule, cases in BROKEN.items() for sources in cases],
    ids=lambda case: " # ".join(case) if isinstance(case, list) else case.__name__,
)
def test_rule_catches_what_breaks_it(rule, sources, tmp_path):
    for each in BROKEN:
        assert bool(problems(each, sources, tmp_path)) == (each is rule)


def test_an_exercise_and_its_solution_bind_the_same_name(tmp_path):
    stub = "def l0(x):\n    ...\n\n\ncheck(l0)"
    solution = "def l0(x):\n    return 1 + l0(x)\n\n\ncheck(l0)"
    pair = ["exercise", "solution"]
    assert problems(one_meaning, [stub, solution], tmp_path, tags=pair) == []
    assert problems(one_meaning, [stub, solution], tmp_path, tags=pair[::-1])
    assert problems(
        one_meaning, [stub, "1", solution], tmp_path, tags=[*pair, "solution"]
    )
    # In the student edition, what comes later would read the stub.
    assert problems(one_meaning, [stub, solution, "l0(2)"], tmp_path, tags=pair)


def test_a_message_names_the_name_and_the_cells(tmp_path):
    (problem,) = problems(one_meaning, ["model = 1", "model = 2"], tmp_path)
    assert "model is bound in" in problem
    assert "'model = 1'" in problem and "'model = 2'" in problem
