"""What the book's theme makes, finished: icons as SVG, and what a shared link shows.

The theme brings a script of more than half a megabyte, which replaces a dozen icons. Here
they are drawn into the pages, and the script stays out.
"""

import re
from html import escape

# Icons of 24 x 24 that the theme uses, drawn anew: what a pen of width 2 follows.
ICONS = {
    "fa-arrow-up": "M12 20V4M5 11l7-7 7 7",
    "fa-magnifying-glass": "M16 16l5 5M10 4a6.5 6.5 0 1 0 .01 0z",
    "fa-bars": "M3 6h18M3 12h18M3 18h18",
    "fa-list": "M8 6h13M8 12h13M8 18h13M3 6h1M3 12h1M3 18h1",
    "fa-download": "M12 3v12M6 10l6 6 6-6M4 20h16",
    "fa-file": "M6 3h8l5 5v13H6zM14 3v5h5",
    "fa-file-pdf": "M6 3h8l5 5v13H6zM14 3v5h5M9 17h6",
    "fa-expand": "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
    "fa-sun": "M12 7a5 5 0 1 0 .01 0zM12 1v2M12 21v2M1 12h2M21 12h2M4 4l2 2M18 18l2 2"
    "M4 20l2-2M18 6l2-2",
    "fa-moon": "M20 14A8.5 8.5 0 0 1 10 4a8.5 8.5 0 1 0 10 10z",
    "fa-circle-half-stroke": "M12 3a9 9 0 1 0 .01 0zM12 3v18M15 5v14M18 7v10",
    "fa-angle-left": "M15 5l-7 7 7 7",
    "fa-angle-right": "M9 5l7 7-7 7",
    "fa-xmark": "M5 5l14 14M19 5L5 19",
}
SHARED = "_static/share.png"
PLACEHOLDER = re.compile(r'<(i|span) class="([^"]*\b(fa-[a-z-]+)[^"]*)"([^>]*)></\1>')
SCRIPT = re.compile(r"<script[^>]*fontawesome\.js[^>]*></script>")


def draw_icons(html):
    """Replace the theme's placeholders of icons by drawings; what is unknown stays."""

    def drawing(match):
        _, classes, _, attributes = match.groups()
        name = next((each for each in classes.split() if each in ICONS), None)
        if name is None:
            return match[0]
        return (
            f'<svg class="{classes} svg-inline--fa" aria-hidden="true" '
            f'viewBox="0 0 24 24" width="1em" height="1em" fill="none" '
            f'stroke="currentColor" stroke-width="2" '
            f'stroke-linecap="round" stroke-linejoin="round"{attributes}>'
            f'<path d="{ICONS[name]}"/></svg>'
        )

    return PLACEHOLDER.sub(drawing, SCRIPT.sub("", html))


def finish_pages(app, exception):
    """Draw the icons of all pages, once they are written, and drop the theme's script."""
    if exception or app.builder.name != "html":
        return
    for path in app.outdir.rglob("*.html"):
        html = path.read_text(encoding="utf-8")
        finished = draw_icons(html)
        if finished != html:
            path.write_text(finished, encoding="utf-8")
    (app.outdir / "_static/scripts/fontawesome.js").unlink(missing_ok=True)


def describe(app, pagename, templatename, context, doctree):
    """Add what a search engine, or a message that quotes a link, shows of a page."""
    description = app.config.book_description
    title = context.get("title", "") or app.config.project
    base = app.config.html_baseurl
    tags = {
        "og:title": re.sub(r"<[^>]+>", "", title),
        "og:description": description,
        "og:type": "website",
        "og:image": f"{base}{SHARED}" if base else context["pathto"](SHARED, 1),
        "og:image:width": "1200",
        "og:image:height": "630",
        "og:image:alt": app.config.book_picture_alt,
    }
    if base:
        tags["og:url"] = context.get("pageurl") or base
    context["metatags"] = context.get("metatags", "") + "".join(
        f'\n<meta property="{name}" content="{escape(value)}" />'
        for name, value in tags.items()
    )
    context["metatags"] += (
        f'\n<meta name="description" content="{escape(description)}" />'
    )
    context["metatags"] += '\n<meta name="twitter:card" content="summary_large_image" />'


def load_images_late(app, doctree):
    """Let figures below the first screen load once the reader comes near them."""
    for node in doctree.findall():
        if node.tagname == "image":
            node["loading"] = "lazy"


def setup(app):
    """Register what this file adds to Sphinx."""
    app.add_config_value("book_description", "", "html")
    app.add_config_value("book_picture_alt", "", "html")
    app.connect("doctree-read", load_images_late)
    app.connect("html-page-context", describe)
    app.connect("build-finished", finish_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
