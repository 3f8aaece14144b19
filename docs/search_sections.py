"""Let the book's search find sections, with the words around what it found.

Sphinx' own search finds pages, and shows text only where it may fetch the pages, which is
not allowed in a folder. So all sections' texts are written into one script, which the
page of the search loads.
"""

import json
from pathlib import Path

from docutils import nodes

# What stands in a section and is no text: markup, and sections that have their own entry.
NO_TEXT = (nodes.raw, nodes.section, nodes.comment, nodes.title, nodes.image)


def text_of(section):
    """Return the text of a section without that of the sections in it."""
    texts, waiting = [], list(section.children)
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, NO_TEXT):
            continue
        if isinstance(node, nodes.TextElement | nodes.Text):
            texts.append(node.astext())
        else:
            waiting = list(node.children) + waiting
    return " ".join(" ".join(texts).split())


def sections_of(docname, doctree):
    """Yield page, anchor, titles, and text of each section of a page."""
    for section in doctree.findall(nodes.section):
        titles, node = [], section
        while isinstance(node, nodes.section):
            titles.insert(0, node.next_node(nodes.title).astext())
            node = node.parent
        anchor = f"#{section['ids'][0]}" if len(titles) > 1 else ""
        yield [docname, anchor, " › ".join(titles), text_of(section)]


def write(app, exception):
    """Write the script once all pages are built."""
    if exception is None and app.builder.format == "html":
        found = [
            section
            for docname in sorted(app.env.found_docs)
            for section in sections_of(docname, app.env.get_doctree(docname))
        ]
        script = f"const SECTIONS = {json.dumps(found, ensure_ascii=False)};\n"
        (Path(app.outdir) / "_static/sections.js").write_text(script, encoding="utf-8")


def load(app, pagename, templatename, context, doctree):
    """Load the two scripts in the page of the search, and nowhere else."""
    if pagename == "search":
        app.add_js_file("sections.js", loading_method="defer")
        app.add_js_file("search_sections.js", loading_method="defer")


def setup(app):
    """Register what this file adds to Sphinx."""
    app.connect("html-page-context", load)
    app.connect("build-finished", write)
