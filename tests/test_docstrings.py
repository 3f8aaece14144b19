"""Every public name of the package says what it takes, returns and refuses."""

import ast
import importlib
import inspect
import pkgutil
import re
import textwrap

import sae_utils

import pytest

MODULES = [
    importlib.import_module(module.name)
    for module in pkgutil.walk_packages(sae_utils.__path__, "sae_utils.")
]


def public_objects():
    """Return the public functions and classes, and their methods, by dotted name."""
    found = {}
    for module in MODULES:
        for name, item in vars(module).items():
            own = getattr(item, "__module__", None) == module.__name__
            if not own or name.startswith("_"):
                continue
            if inspect.isclass(item) or inspect.isfunction(item):
                found[f"{module.__name__}.{name}"] = item
            if inspect.isclass(item):
                for method, value in vars(item).items():
                    inherited = any(hasattr(base, method) for base in item.__bases__)
                    if inspect.isfunction(value) and not (
                        method.startswith("_") or inherited
                    ):
                        found[f"{module.__name__}.{name}.{method}"] = value
    return found


def problems(item):
    """Say what the docstring of a function or class lacks."""
    doc = inspect.getdoc(item) if item.__doc__ else ""
    summary, _, rest = doc.partition("\n")
    if not summary.endswith((".", ":")) or rest[:1] not in ("", "\n"):
        yield "no summary in one line"
    for name in parameters(item):
        if not re.search(
            rf"^ {{4}}\*{{0,2}}{name}: \S", section(doc, "Args"), re.MULTILINE
        ):
            yield f"Args does not name {name}"
    if inspect.isfunction(item) and returns_a_value(item) and not section(doc, "Returns"):
        yield "no Returns"
    if raises_value_error(item) and "ValueError: " not in section(doc, "Raises"):
        yield "Raises does not name ValueError"


def section(doc, title):
    """Return the indented lines under a title such as `Args:`."""
    found = re.search(rf"^{title}:\n((?: {{4}}.*\n?|\n)+)", doc, re.MULTILINE)
    return found[1] if found else ""


def parameters(item):
    """Return the names of what a function, or a class when created, takes."""
    if inspect.isclass(item):
        if "__init__" not in vars(item):
            return []
        item = item.__init__
    names = inspect.signature(item).parameters
    return [name for name in names if name not in ("self", "kwargs")]


def tree(item):
    return ast.parse(textwrap.dedent(inspect.getsource(item))).body[0]


def returns_a_value(function):
    """Look for `return value` in a function, save in functions inside it."""
    waiting = list(tree(function).body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Return) and node.value is not None:
            return True
        if isinstance(node, ast.Yield):
            return True
        if not isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Lambda):
            waiting += ast.iter_child_nodes(node)
    return False


def raises_value_error(item, seen=()):
    """Look for `raise ValueError` in an item and in what it calls of the package."""
    for node in ast.walk(tree(item)):
        if isinstance(node, ast.Raise) and node.exc is not None:
            if ast.unparse(node.exc).startswith("ValueError"):
                return True
        elif isinstance(node, ast.Call):
            helper = called(node.func, inspect.getmodule(item))
            is_new = inspect.isfunction(helper) and helper not in seen
            if is_new and raises_value_error(helper, (*seen, helper)):
                return True
    return False


def called(function, module):
    """Return what `name` or `module.name` stands for, if it is the project's own."""
    names = vars(module)
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        names = getattr(names.get(function.value.id), "__dict__", {})
        function = ast.Name(function.attr)
    found = names.get(function.id) if isinstance(function, ast.Name) else None
    home = getattr(found, "__module__", None) or ""
    return found if home == module.__name__ or home.startswith("sae_utils.") else None


def test_public_objects_are_found():
    assert {
        "sae_utils.codes.contributions",
        "sae_utils.data.load_mnist",
        "sae_utils.metrics.scoreboard",
        "sae_utils.penalties.KLSparsity",
        "sae_utils.probe.linear_probe_error",
        "sae_utils.progress.Progress",
        "sae_utils.training.train",
    } <= set(public_objects())


def test_errors_are_found_behind_calls():
    # By a helper in another module, and by a function that calls one that does.
    assert raises_value_error(public_objects()["sae_utils.metrics.n90"])
    assert raises_value_error(public_objects()["sae_utils.codes.row_lengths"])
    assert not raises_value_error(tree)


@pytest.mark.parametrize("name", public_objects())
def test_docstring_is_complete(name):
    assert list(problems(public_objects()[name])) == []


def _check(x):
    if x < 0:
        raise ValueError("x must not be negative.")


def complete(x):
    """Halve a number.

    Args:
        x: A number, at least 0.

    Returns:
        Half of it.

    Raises:
        ValueError: If `x` is negative.
    """
    _check(x)
    return x / 2


def bare(x):
    _check(x)
    return x / 2


def test_incomplete_docstring_is_caught():
    assert list(problems(complete)) == []
    assert list(problems(bare)) == [
        "no summary in one line",
        "Args does not name x",
        "no Returns",
        "Raises does not name ValueError",
    ]
