"""How a notebook becomes a page of the book: what is folded, asked, and fitted."""

import re
import tomllib
from html import escape
from pathlib import Path

import nbformat

# What readers choose from before they see an answer; see the file itself.
GUESSES = tomllib.loads((Path(__file__).parent / "guesses.toml").read_text("utf-8"))

LONG = 8  # lines of code that stand between a text and its figure, folded from here on
WIDE = 500  # pixels of a figure that cannot shrink to a phone's width and stay readable

# What draws lines and bars, and so can be light on dark; images of ink on paper cannot.
CHARTS = r"\.(?:plot|bar|barh|scatter|hist|loss_curves|activation_histograms)\("
PICTURES = r"\.imshow\(|plots\.(?!show|label_lines|loss_curves|activation_histograms)"


def adapt(notebook, name):
    """Change a notebook, as it is read, in what suits a page of the book."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            # In the book, pages lie one folder above the notebooks, not beside it.
            cell.source = break_formulas(cell.source.replace("](../docs/", "](../"))
        elif cell.cell_type == "code":
            adapt_code(cell)
    notebook.cells = list(fold_answers(notebook.cells, GUESSES.get(name, [])))


def adapt_code(cell):
    """Tell myst-nb what of a cell to fold, and about its figure.

    It reads the tags, and `mystnb` in the cell's metadata.
    """
    tags = cell.metadata.setdefault("tags", [])
    settings = cell.metadata.setdefault("mystnb", {})
    if "solution" in tags:
        tags.append("hide-cell")
    for output in cell.outputs:
        if image := output.get("metadata", {}).get("image/png"):
            kinds = ["wide-figure"] * (image["width"] >= WIDE)
            if re.search(CHARTS, cell.source) and not re.search(PICTURES, cell.source):
                kinds.append("chart")
            settings["image"] = {
                "alt": image["alt"],
                "width": f"{image['width']}px",
                "classes": " ".join(kinds),
            }
            lines = [line for line in cell.source.splitlines() if line.strip()]
            if len(lines) >= LONG and "solution" not in tags:
                tags.append("hide-input")
                settings.update(
                    code_prompt_show="Code of this figure",
                    code_prompt_hide="Code of this figure",
                )


def text_cell(source):
    """Return a Markdown cell."""
    return nbformat.v4.new_markdown_cell(source)


def fold_answers(cells, guesses):
    """Yield cells, with each answer to *Predict first*, and its reading, behind a fold.

    Folded are the cells tagged `prediction` and the text behind the last of them. A
    question that starts a fold takes the next of the guesses.
    """
    guesses = iter(guesses)
    folded = False
    for cell, after in zip(cells, [*cells[1:], None], strict=True):
        predicts = "prediction" in cell.metadata.get("tags", [])
        if predicts and not folded:
            yield text_cell(guess(next(guesses, {}), cells))
            yield text_cell('<details class="answer"><summary>Reveal</summary>')
            folded = True
        if not folded or predicts:
            yield cell
            continue
        text, heading = cell.source, ""
        if cell.cell_type == "markdown":
            # A new section is no part of the answer.
            text, *rest = re.split(
                r"^(?=#+ )", cell.source, maxsplit=1, flags=re.MULTILINE
            )
            heading = "".join(rest)
            if text.strip():
                yield text_cell(text)
        more = after is not None and "prediction" in after.metadata.get("tags", [])
        if heading or not more or cell.cell_type != "markdown":
            yield text_cell("</details>")
            folded = False
        if heading:
            yield text_cell(heading)
        elif cell.cell_type != "markdown":
            yield cell
    if folded:
        yield text_cell("</details>")


def guess(asked, cells):
    """Return the HTML in which readers say what they expect, with what was measured."""
    measured = measure(asked, cells)
    parts = ['<form class="guess" hidden><fieldset>']
    if "curve" in asked:
        parts.append(curve(asked))
    elif "slider" in asked:
        parts.append(
            f"<label>{escape(asked['ask'])} <input {number(asked)}></label> "
            "<output>?</output>"
        )
    elif "choices" in asked:
        parts.append(f"<legend>{escape(asked['ask'])}</legend>")
        for choice in map(escape, asked["choices"]):
            parts.append(
                f'<label><input type="radio" name="guess" value="{choice}"> '
                f"{choice}</label>"
            )
    else:
        parts.append('<label>What do you expect? <input type="text"></label>')
    parts.append("</fieldset></form>")
    value = result = ""
    if "best" in asked:
        best = choose(measured, asked["best"])
        said = [
            f"{escape(choice)} {'<b>' * (choice == best)}{escape(shown)}"
            + "</b>" * (choice == best)
            for choice, (_, shown) in measured.items()
        ]
        result = f"Measured: {', '.join(said)}."
    elif "curve" in asked:
        said = [f"{escape(at)}: {escape(shown)}" for at, (_, shown) in measured.items()]
        result = f"Measured: {', '.join(said)}."
        value = " ".join(value for value, _ in measured.values())
        value = f' data-value="{escape(value)}"'
    elif measured:
        value, shown = map(escape, measured[""])
        result = f"Measured: {shown}."
        value = f' data-value="{value}"'
    parts.append(f'<p class="measured" hidden{value}>{result}</p>')
    return "\n".join(parts)


def number(asked):
    """Return the attributes of an input for a number."""
    low, high, step = asked["slider"]
    return f'type="range" min="{low}" max="{high}" step="{step}"'


def curve(asked):
    """Return the HTML of a curve to draw: one slider for each point, side by side."""
    low, high, _ = asked["slider"]
    points = "".join(
        f"<label><input {number(asked)}> {escape(at)}</label>" for at in asked["curve"]
    )
    return (
        f"<legend>{escape(asked['ask'])}</legend>"
        f'<div class="curve"><span class="limits"><b>{high}</b><b>{low}</b></span>'
        f'<div class="points">{points}</div></div>'
        f'<span class="axis">{escape(asked["axis"])}</span>'
    )


def choose(measured, best):
    """Return the choice with the largest or smallest measured value."""
    pick = {"largest": max, "smallest": min}[best]
    return pick(measured, key=lambda choice: float(measured[choice][0]))


def measure(asked, cells):
    """Find in a notebook's outputs what was measured for each choice.

    Returns a dict of pairs by choice, or by point of a curve: a value, and what is shown
    for it. An answer that is one value has the name "".
    """
    patterns = asked.get("curve") or asked.get("choices", {})
    if "measured" in asked:
        patterns = {"": asked["measured"]}
    text = "\n".join(
        output.get("text", "") or output.get("data", {}).get("text/plain", "")
        for cell in cells
        for output in cell.get("outputs", [])
    )
    found = {}
    for choice, pattern in patterns.items():
        match = re.search(pattern, text, re.MULTILINE)
        if match is None:
            raise ValueError(f"guesses.toml: no output holds {pattern!r}.")
        shown = asked.get("says", "{value}").format_map(match.groupdict())
        found[choice] = match["value"], shown
    return found


def break_formulas(markdown):
    """Let a display formula break, on a narrow screen, before its relations and signs.

    Each part becomes a formula of its own in one line. What has lines already, or no
    place to break, stays as it is.
    """

    def broken(match):
        parts = list(parts_of(match[1].strip()))
        if len(parts) < 2 or r"\begin" in match[1]:
            return match[0]
        spans = [
            f'<span class="{kind}">$\\displaystyle {part}$</span>' for kind, part in parts
        ]
        return '<div class="formula">\n\n' + "".join(spans) + "\n\n</div>"

    return re.sub(r"^\$\$(.+?)\$\$$", broken, markdown, flags=re.DOTALL | re.MULTILINE)


def parts_of(formula):
    """Yield a formula's parts, each with the kind of its beginning.

    It is split at wide gaps, and before = and + outside of all brackets; and a product
    before a factor in brackets that a small gap sets off, and behind high brackets. Words
    among symbols are split before the words.
    """
    tokens = re.findall(r"\\[a-zA-Z]+|\\.|.", formula, re.DOTALL)
    depth, part, kind = 0, "", "first"
    for token in tokens:
        before = part.strip()
        factor = (before.endswith("\\,") and token == "(") or (
            re.search(r"\\right\S$", before) and re.match(r"[a-zA-Z(\\]", token)
        )
        words = token == r"\text" and before.startswith(r"\text")
        if depth == 0 and (factor or words):
            yield kind, before
            part, kind = "", "more"
        if token in ("{", "(", "[", r"\left", r"\{"):
            depth += 1
        elif token in ("}", ")", "]", r"\right", r"\}"):
            depth -= 1
        if depth == 0 and token == r"\qquad":
            yield kind, part.strip()
            part, kind = "", "next"
        elif depth == 0 and token in ("=", "+") and part.strip():
            yield kind, part.strip()
            part, kind = "{}" + token, "more"
        else:
            part += token
    if part.strip():
        yield kind, part.strip()
