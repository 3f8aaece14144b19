"""How Sphinx builds the book from the notebooks and the pages of this folder."""

import inspect
import os
import shutil
import sys
from pathlib import Path

import nbformat

sys.path.insert(0, str(Path(__file__).parent))  # for what stands beside this file
import notebook_pages

project = "Sparse Autoencoders, step by step"
author = "the developers of Sparse Autoencoders, step by step"
copyright = "2026, " + author + ". Text and figures: CC BY 4.0; code: MIT"

# Where the project is published, such as https://github.com/owner/name. With it, every
# notebook's page links to Binder and Colab; without it, no such link is shown.
REPOSITORY = os.environ.get("BOOK_REPOSITORY", "")

# The address of the published book, such as https://owner.github.io/name/. A project on
# GitHub has one by default. With it, pages name their own address and the picture that a
# link to them shows.
SITE = os.environ.get("BOOK_SITE", "")
if not SITE and REPOSITORY.startswith("https://github.com/"):
    owner, name = REPOSITORY.removeprefix("https://github.com/").strip("/").split("/")
    SITE = f"https://{owner.lower()}.github.io/{name}/"

# Sphinx reads only what lies below this folder.
HERE = Path(__file__).parent
shutil.rmtree(HERE / "notebooks", ignore_errors=True)
shutil.copytree(
    HERE.parent / "notebooks",
    HERE / "notebooks",
    ignore=shutil.ignore_patterns(".*"),
)

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "finish",
    "landing",
    "search_sections",
]
include_patterns = ["*.md", "notebooks/*.ipynb"]

nb_execution_mode = "off"  # the committed outputs are shown
nb_code_prompt_show = nb_code_prompt_hide = "Solution"  # what is folded, if not told
myst_enable_extensions = ["amsmath", "dollarmath"]
myst_heading_anchors = 3

default_role = "code"  # what docstrings have in single backticks
autodoc_member_order = "bysource"
autodoc_inherit_docstrings = False  # a layer's other methods are as in Keras
napoleon_use_rtype = False
napoleon_numpy_docstring = False

html_theme = "sphinx_book_theme"
html_title = project
html_show_search_summary = False  # it fetches pages, which a folder does not allow
html_static_path = ["_static", "vendor"]
html_css_files = ["book.css"]
html_js_files = [("book.js", {"defer": "defer"})]
html_favicon = "_static/favicon.svg"
html_baseurl = SITE and SITE.rstrip("/") + "/"
book_description = (
    "A short course in Jupyter notebooks: plain, L1, and KL sparse autoencoders, built "
    "step by step, each claim measured. Draw a digit and see which network knows it."
)
book_picture_alt = (
    "A handwritten 3, and what three networks rebuild from 4 of their 64 units: the "
    "plain one a blot, the L1 one a rough 3, the KL one a smudge between a 3 and a 9."
)
html_context = {"default_mode": "auto"}  # dark or light, as the reader's system is
html_theme_options = {
    "home_page_in_toc": True,
    "show_toc_level": 2,
    "navbar_persistent": [],  # the search field is in the sidebar
    "repository_url": REPOSITORY,
    "repository_branch": "main",
    "use_repository_button": bool(REPOSITORY),
    "launch_buttons": {
        "binderhub_url": "https://mybinder.org",
        "colab_url": "https://colab.research.google.com",
        "notebook_interface": "jupyterlab",
    }
    if REPOSITORY
    else {},
}
# By default MathJax comes from the internet; this one comes with the book.
mathjax_path = "mathjax/tex-svg.js"


def adapt_page(app, docname, source):
    """Change links, which fit the project's folders, to fit those of the book."""
    if docname.startswith("notebooks/"):
        adapt_notebook(docname, source)
    else:
        # In the book the notebooks lie below the pages, not beside their folder.
        text = source[0].replace("](../notebooks/", "](notebooks/")
        source[0] = notebook_pages.break_formulas(text)


def adapt_notebook(docname, source):
    """Change a notebook, as it is read, in what suits a page of the book."""
    notebook = nbformat.reads(source[0], as_version=4)
    notebook_pages.adapt(notebook, docname.removeprefix("notebooks/"))
    notebook.cells.insert(1, nbformat.v4.new_markdown_cell(run_it(docname)))
    source[0] = nbformat.writes(notebook)


def run_it(docname):
    """Say below a notebook's title how to run it."""
    stem = docname.removeprefix("notebooks/")
    name = stem + ".ipynb"
    text = f"**Run it:** {{download}}`download this notebook <{name}>` and "
    text += "[set up the course](../run.md)"
    if REPOSITORY.startswith("https://github.com/"):
        path = REPOSITORY.removeprefix("https://github.com/").strip("/")
        text += (
            f", or open it on [Binder](https://mybinder.org/v2/gh/{path}/main?urlpath="
            f"lab/tree/notebooks/{name}) or in [Colab](https://colab.research.google.com/"
            f"github/{path}/blob/main/notebooks/{name}), where the first thing to run is "
            f"`!pip install git+{REPOSITORY}`"
        )
    # Not a link in Markdown: the slides are no pages that Sphinx knows.
    slides = f'<a href="../slides/{stem}.slides.html">slides</a>'
    return f"{text}. **Teach it:** its {slides} (press S for the speaker's notes)."


def true_signature(app, what, name, obj, options, signature, return_annotation):
    """Show the arguments of a layer's `__init__`, which Keras hides behind its own."""
    if what == "class" and "__init__" in vars(obj):
        arguments = inspect.signature(obj.__init__).parameters.values()
        shown = [each for each in arguments if each.name not in ("self", "kwargs")]
        return str(inspect.Signature(shown)), return_annotation
    return None


def skip_field(app, what, name, obj, skip, options):
    """Leave out a named tuple's fields, of which Python says only their numbers.

    The text of the class says what they hold, and its signature what type they have.
    """
    return True if "Alias for field number" in (inspect.getdoc(obj) or "") else None


def setup(app):
    """Register what this file adds to Sphinx."""
    app.connect("autodoc-process-signature", true_signature)
    app.connect("autodoc-skip-member", skip_field)
    app.connect("source-read", adapt_page)
