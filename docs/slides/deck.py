"""Make slides of a notebook's cells.

This is the rule, for any notebook of the series:

1. A slide's title is its claim: the title of its figure, or else the heading above. The
   heading of a figure's section stands above the title.
2. A result (a figure, a table, what a cell prints) is a slide of its own. The figure
   takes the width; its title in the picture is cut off, and its code is not shown. The
   rows of a table stand closer if there are more than 11.
3. On slides stand formulas, lists, tables, quotations, bold sentences, questions to
   predict, and exercises. All other prose is spoken: it goes to the notes of the slide
   before it. Only a section that has nothing but prose shows it.
4. At most 8 lines of code, of 28 pixels or more, are on one slide; blank ones do not
   count. What defines a function or a class is cut into several slides; of any other long
   cell, only what it prints is shown, and the code is in the notes.
5. Code is cut between definitions, or else between statements, but never behind a line
   that ends with a colon, and inside brackets only if what they hold is too long for a
   slide. What goes on on the next slide has its first line again. Short definitions join
   their neighbors, and so does a call, until there are 8 lines. A line that breaks goes
   on four letters to the right of where it began.
6. What a cell prints, without its code, joins the results above it while there is room.
   A slide that holds nothing but a short text has larger letters.
7. Cells whose slide type is `skip` are left out.
"""

import base64
import math
import re
import struct
import textwrap

from nbconvert.preprocessors import Preprocessor

WIDTH, HEIGHT = 1200, 720  # pixels: of what a slide holds, and of the slide
LETTER = 0.605  # width of a letter of code, as a share of its size
CODE, LARGEST_CODE, LINES = 28, 34, 8
HANG = 4  # letters that a line of code is moved to the right where it goes on
LITTLE = 330  # letters of a text that is alone on its slide, and large
SMALLEST_TEXT, LARGEST_TEXT = 22, 48  # of what a cell prints
CODE_ROW, ROOM = 38, 540  # heights in pixels: of a line of code, and of what is shown
MANY_ROWS = 11  # of a table; with more of them, they stand closer
JOINED = 420  # the height up to which what is printed joins other results
AGAIN = "  # continued"  # behind the first line of what goes on
NOISE = (
    r"^(?:trained for \d+ epochs?|Your turn:).*\n?"  # what a cell prints, and no result
)


class Deck(Preprocessor):
    """Gather a notebook's slides in `resources["slides"]`, for the template."""

    def preprocess(self, nb, resources):
        """Return the notebook as it is, and the resources with its slides."""
        resources["slides"] = slides_of(nb.cells)
        return nb, resources


def slides_of(cells):
    """Return the slides of a notebook's cells, as dicts."""
    maker = Maker()
    for cell in cells:
        if cell.metadata.get("slideshow", {}).get("slide_type") == "skip":
            maker.after_text = True
        elif cell.cell_type == "markdown":
            maker.add_text(cell.source)
        elif cell.cell_type == "code":
            maker.add_code(cell)
    return [finished(slide) for slide in maker.slides]


class Maker:
    """Goes through a notebook, and keeps the slides so far and the headings above."""

    def __init__(self):
        self.slides = []
        self.section = ""
        self.after_text = True

    def new(self, title, above=""):
        """Begin a slide, unless the last one is still empty; then that becomes it."""
        last = self.slides[-1] if self.slides else None
        if last and not last["body"] and last["kind"] != "title":
            last.update(title=title, above=above)
            return last
        slide = {"title": title, "above": above, "kind": "", "body": [], "notes": []}
        self.slides.append(slide)
        return slide

    def add_text(self, source):
        """Put a Markdown cell's blocks on slides, or into notes."""
        self.after_text = True
        asks = False
        for block in blocks_of(source):
            asks = (
                asks or "Predict first" in block
            )  # what follows is part of the question
            exercise = re.match(r"\*\*((?:Exercise )?\d+\. [^*]+?)\.?\*\*\s*", block)
            if heading := re.match(r"(#+) (.*)", block):
                self.begin(len(heading[1]), heading[2].strip())
            elif exercise:
                slide = self.new(exercise[1], self.section)
                slide["body"].append(text(block[exercise.end() :]))
            elif self.slides and self.slides[-1]["kind"] == "title":
                self.slides[-1]["body"].append(text(block))
            elif asks or on_slide(block):
                slide = self.slides[-1]
                # A text joins texts; behind a result it begins a slide.
                if any(part["kind"] != "text" for part in slide["body"]):
                    slide = self.new(self.section)
                if asks:
                    slide["kind"] = "question"
                slide["body"].append(text(block))
            else:
                self.slides[-1]["notes"].append(block)
                for claim in re.findall(r"\*\*([^*]+[.?!])\*\*", block):
                    if len(claim.split()) > 3:
                        claim = claim[0].upper() + claim[1:]
                        self.slides[-1]["body"].append(text(f"**{claim}**", "claim"))

    def begin(self, level, title):
        """Begin a section."""
        if level == 1:
            self.new(title)["kind"] = "title"
            return
        last, above = self.slides[-1], ""
        if last["kind"] != "title":
            if last["body"] or last["notes"]:
                show_prose(last)
            else:  # a heading right below another one
                above = self.slides.pop()["title"]
        if title == "Predict first":  # a question in a section, not a section of its own
            above = self.section
        else:
            self.section = title
        slide = {"title": title, "above": above, "kind": "", "body": [], "notes": []}
        self.slides.append(slide)

    def add_code(self, cell):
        """Put a code cell, and what it shows, on slides."""
        tags = cell.metadata.get("tags", [])
        results = [shown for output in cell.outputs for shown in results_of(output)]
        figure = next((each for each in results if each["kind"] == "figure"), None)
        title, above = self.section, ""
        if figure and figure["title"]:
            title, above = figure["title"], self.section
        parts = [] if figure else parts_of(cell.source)
        notes = []
        defines = re.search(r"^(?:def|class) ", cell.source, re.MULTILINE)
        tall = sum(map(height_of, results)) + sum(CODE_ROW * code_rows(p) for p in parts)
        long = not defines if len(parts) > 1 else tall > ROOM
        if parts and results and long:
            parts, notes = [], [f"```python\n{cell.source}\n```"]
        last = self.slides[-1]
        kinds = {part["kind"] for part in last["body"]} - {"claim"}
        joins_results = (
            not parts
            and {each["kind"] for each in results} == {"printed"}
            and kinds
            and kinds <= {"code", "printed", "table"}
            and "prediction" not in tags
            and sum(map(height_of, last["body"] + results)) < JOINED
        )
        lines = [
            lines_of(part["source"]) for part in last["body"] if part["kind"] == "code"
        ]
        joins = joins_results or (
            len(parts) == 1
            and "prediction" not in tags
            and (
                # A definition and its call, or an exercise and its code.
                (lines and not last["results"]) or "exercise" in tags
            )
            and sum(lines) + lines_of(parts[0]) <= LINES
        )
        for number, part in enumerate(parts or [None], start=1):
            slide = last if joins else self.new(title, above)
            slide["results"] = bool(results)
            if len(parts) > 1:
                slide["title"] = f"{title} ({number} of {len(parts)})"
            if "prediction" in tags:
                slide["kind"] = "answer"
            if part:
                slide["body"].append({"kind": "code", "source": part})
        slide["body"] += results
        slide["notes"] += notes
        self.after_text = False


def text(source, kind="text"):
    """Return a part of a slide that is Markdown."""
    return {"kind": kind, "source": source}


def blocks_of(markdown):
    """Split Markdown at its blank lines, save in formulas and code."""
    parts = re.split(r"(\$\$.*?\$\$|```.*?```)", markdown, flags=re.DOTALL)
    for number, part in enumerate(parts):
        if number % 2:
            yield part
        else:
            for block in re.split(r"\n\s*\n", part):
                if block.strip(" \n.,"):
                    head, _, rest = block.strip().partition("\n")
                    if head.startswith("#"):
                        yield head
                        block = rest
                    if block.strip():
                        yield block.strip()


def on_slide(block):
    """Tell whether a block of Markdown is for the eyes."""
    if ".slides.html)" in block:  # the way to another deck
        return True
    prose = re.match(r"\*\*|\*\w", block)
    return not prose and bool(re.match(r"\$\$|```|[-*>|] ?|\d+\. |!\[|<", block))


def show_prose(slide):
    """Let a slide that would be empty show the prose of its section."""
    if not slide["body"]:
        slide["body"] = [text(each, "prose") for each in slide["notes"]]
        slide["notes"] = []


def results_of(output):
    """Yield what an output shows, as parts of a slide."""
    data = output.get("data", {})
    if "image/png" in data:
        about = output.metadata.get("image/png", {})
        header = base64.b64decode(data["image/png"][:64])
        width, height = struct.unpack(">II", header[16:24])
        yield {
            "kind": "figure",
            "png": data["image/png"],
            "alt": about.get("alt", ""),
            "title": about.get("title", ""),
            "shape": (width, height * (1 - about.get("title_share", 0))),
        }
    elif "text/html" in data:
        yield {"kind": "table", "html": data["text/html"]}
    else:
        shown = output.get("text", "") or data.get("text/plain", "")
        shown = re.sub(NOISE, "", shown, flags=re.MULTILINE).rstrip()
        if shown:
            yield {"kind": "printed", "text": shown}


def height_of(part):
    """Return the least height of code, or of a result that is no figure, in pixels."""
    if part["kind"] == "table":
        return 46 * part["html"].count("<tr")
    if part["kind"] == "printed":
        return 1.35 * SMALLEST_TEXT * rows_of(part["text"], SMALLEST_TEXT)
    if part["kind"] == "code":
        return CODE_ROW * code_rows(part["source"])
    return 0


def rows_of(source, size=CODE):
    """Count the lines that text of fixed letters takes on a slide, long ones broken."""
    letters = int((WIDTH - 50) / (LETTER * size))
    return sum(max(1, math.ceil(len(line) / letters)) for line in source.splitlines())


def code_rows(source, size=CODE):
    """Count the lines that code takes on a slide, where a long one hangs."""
    letters = int((WIDTH - 50) / (LETTER * size))
    rows = 0
    for line in source.splitlines():
        hang = " " * (indent_of(line) + HANG)
        wrapped = textwrap.wrap(
            line, letters, subsequent_indent=hang, break_on_hyphens=False
        )
        rows += max(1, len(wrapped))
    return rows


def lines_of(source):
    """Count the lines of code, as they are on a slide, without those that add nothing."""
    lines = [line for line in source.splitlines() if not line.endswith(AGAIN)]
    return sum(code_rows(line) for line in lines if line.strip())


def indent_of(line):
    """Count the spaces that a line begins with."""
    return len(line) - len(line.lstrip())


def parts_of(source):
    """Split code into parts of at most 8 lines, as few and as whole as can be."""
    lines = re.sub(r"\n{3,}", "\n\n", source.strip("\n")).splitlines()
    costs = [cost_of_cut(lines, at) for at in range(len(lines))]
    # The best way to cut the first lines: its cost, and where its last part begins.
    best = [(0, 0)]
    for end in range(1, len(lines) + 1):
        ways = []
        for start in range(end - 1, -1, -1):
            length = lines_of("\n".join(lines[start:end]))
            if length > LINES and ways:
                break
            cost = best[start][0] + costs[start] + PART + SHORT / max(length, 1)
            ways.append((cost, start))
        best.append(min(ways))
    parts, end = [], len(lines)
    while end > 0:
        start = best[end][1]
        part = "\n".join(lines[start:end]).strip("\n")
        parts.insert(0, first_line(lines, start) + part)
        end = start
    return parts


# What it costs to cut code, compared with what one more slide does, and a short one.
PART, SHORT, INDENTED, BRACKETS, NEVER = 10, 8, 12, 40, 1000


def cost_of_cut(lines, at):
    """Return how much it disturbs to begin a part of some code at one of its lines."""
    if at == 0:
        return 0
    plain = [re.sub(r'"[^"]*"|\'[^\']*\'|#.*', "", line).rstrip() for line in lines[:at]]
    before = next(number for number in range(at - 1, -1, -1) if lines[number].strip())
    opens = plain[before].endswith(":") or lines[before].lstrip().startswith(("@", "#"))
    if opens or not lines[at].strip():
        return NEVER
    so_far = "".join(plain)
    depth = sum(map(so_far.count, "([{")) - sum(map(so_far.count, ")]}"))
    cost = BRACKETS * (depth > 0) + indent_of(lines[at])
    cost += INDENTED * (indent_of(lines[at]) > 0)
    if re.match(r"\s*(?:else|elif|except|finally)\b", lines[at]):
        cost += INDENTED
    return cost + PART / 2 * (before == at - 1)  # rather at a blank line


def first_line(lines, at):
    """Return the line that what an indented line belongs to begins with, or nothing."""
    if at == 0 or indent_of(lines[at]) == 0:
        return ""
    begins = [line for line in lines[:at] if re.match(r"[^\s)\]}#@]", line)]
    return begins[-1] + AGAIN + "\n"


def hanging(html):
    """Put each line of highlighted code into an element that goes on further right.

    Args:
        html: What Pygments makes of code: one `pre`, and no tag that spans lines.

    Returns:
        The same, with a `span` of the class `line` around each line, which may break
        before a method of what has just been called.
    """
    html = re.sub(r'(\)</span>)(<span class="o">\.)', r"\1<wbr>\2", html)
    head, code, tail = re.split(r"(?<=<pre>)|(?=</pre>)", html)
    lines = []
    for line in code.rstrip("\n").split("\n"):
        hang = indent_of(re.sub("<[^>]+>", "", line)) + HANG
        lines.append(f'<span class="line" style="--hang: {hang}ch">{line}\n</span>')
    return head + "".join(lines) + tail


def finished(slide):
    """Return a slide with the sizes of its parts."""
    show_prose(slide)
    rows = math.ceil(len(slide["title"]) / 52)
    room = HEIGHT - 85 - 50 * rows - 34 * bool(slide["above"])
    claims = [part for part in slide["body"] if part["kind"] == "claim"]
    room -= 75 * len(claims)
    code = [part for part in slide["body"] if part["kind"] == "code"]
    lines = sum(code_rows(part["source"]) for part in code)
    for part in code:
        part["size"] = LARGEST_CODE if lines <= 5 and longest(code) < 56 else CODE
        room -= 1.35 * part["size"] * code_rows(part["source"], part["size"]) + 40
    results = [
        part for part in slide["body"] if part["kind"] in ("printed", "figure", "table")
    ]
    if any(part["kind"] == "figure" for part in results):
        for part in results:  # what is printed beside a figure leaves it the room
            if part["kind"] == "printed":
                part["size"] = CODE
                room -= 1.35 * CODE * rows_of(part["text"]) + 30
    printed = [part for part in results if part["kind"] == "printed"]
    all_printed = "\n".join(part["text"] for part in printed)
    share = room * len(printed) / max(1, len(results)) - 30 * len(printed)
    for part in results:
        if "size" in part:
            continue
        if part["kind"] == "figure":
            width, height = part["shape"]
            scale = min(WIDTH / width, room / height)
            part["width"], part["height"] = round(scale * width), round(scale * height)
        elif part["kind"] == "table":
            rows = part["html"].count("<tr")
            part["dense"] = rows > MANY_ROWS
            high = room / len(results) / ((1.4 if part["dense"] else 1.8) * rows)
            part["size"] = int(max(SMALLEST_TEXT, min(high, LARGEST_CODE)))
        else:
            part["size"] = size_of(all_printed, share)
    texts = [part for part in slide["body"] if part["kind"] in ("text", "prose")]
    letters = sum(len(part["source"]) for part in texts)
    little = texts == slide["body"] and letters < LITTLE
    slide["large"] = little and slide["kind"] != "title"
    # What holds for all of a slide is said at its end.
    slide["body"] = [part for part in slide["body"] if part not in claims] + claims
    slide["notes"] = "\n\n".join(slide["notes"])
    return slide


def size_of(printed, room):
    """Return the largest size of letters at which a text fits; small ones may break."""
    for size in range(LARGEST_TEXT, SMALLEST_TEXT, -1):
        rows = rows_of(printed, size)
        breaks = rows > len(printed.splitlines())
        if 1.35 * size * rows <= room and (size <= CODE or not breaks):
            return size
    return SMALLEST_TEXT


def longest(parts):
    """Return the length of the longest line of code."""
    return max(len(line) for part in parts for line in part["source"].splitlines())
