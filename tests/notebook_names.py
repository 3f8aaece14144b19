"""What a cell binds, reads and changes: the rules that make a cell safe to run again.

A cell run once more must give what it gave before. So each name is bound in one cell, a
value is changed only in the cell that made it, and nothing draws from another cell's
random numbers.
"""

import ast

from notebook_reading import named, nodes, tags, tree

# Names that several cells may bind, each for itself.
THROW_AWAY = {"fig", "ax", "axes", "alt", "rng", "_"}

# Methods that change the object on which they are called.
CHANGING = {
    "add", "append", "assign", "assign_add", "assign_sub", "clear", "compile",
    "extend", "fill", "fit", "insert", "load_weights", "partial_fit", "pop", "popitem",
    "remove", "reverse", "set_weights", "setdefault", "sort", "train_on_batch", "update",
}  # fmt: skip

# Functions that make a generator of random numbers.
GENERATORS = {"default_rng", "RandomState", "SeedGenerator"}

FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def root(node):
    """Return the name at the start of `name.attribute[index]`, or None."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Starred):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def local_names(node):
    """Return the names that are local to a function, a class or a comprehension."""
    if isinstance(node, FUNCTIONS | ast.ClassDef):
        body = node.body if isinstance(node.body, list) else [node.body]
        inner = [each for part in body for each in ast.walk(part)]
    else:
        inner = [each for part in node.generators for each in ast.walk(part.target)]
    names = {
        each.id
        for each in inner
        if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
    }
    for each in inner:
        if isinstance(each, ast.FunctionDef | ast.ClassDef):
            names.add(each.name)
        elif isinstance(each, ast.alias):
            names.add(alias_name(each))
    if isinstance(node, FUNCTIONS):
        names |= {each.arg for each in ast.walk(node.args) if isinstance(each, ast.arg)}
    return names


def alias_name(alias):
    """Return the name that an import binds."""
    return alias.asname or alias.name.partition(".")[0]


def trainers(notebook):
    """Return the functions that train an argument, each with that argument's place."""
    found = {"train": 0}
    functions = [each for cell in notebook.code for each in nodes(cell, ast.FunctionDef)]
    for _ in functions:  # a function may call one that is found later
        for function in functions:
            arguments = [each.arg for each in function.args.args]
            for call in ast.walk(function):
                name = trained(call, found)
                if isinstance(call, ast.Call) and name in arguments:
                    found[function.name] = arguments.index(name)
    return found


def trained(call, places):
    """Return the name of what a call trains, or None."""
    if not isinstance(call, ast.Call):
        return None
    if isinstance(call.func, ast.Attribute) and call.func.attr == "fit":
        return root(call.func.value)
    place = places.get(ast.unparse(call.func).rpartition(".")[2], len(call.args))
    return root(call.args[place]) if place < len(call.args) else None


class Names(ast.NodeVisitor):
    """The names of one cell, in the order in which it runs.

    `bound` has the names it binds, each with the ways ("loop", "other"),
    `early` those it reads before it binds them, `late` the ones that its functions read
    when they are called, and `changes` the values it changes without having made them.
    """

    def __init__(self, cell, places, imported):
        self.places, self.imported = places, imported
        self.bound, self.early, self.late, self.changes = {}, set(), set(), []
        self.made = set()  # names whose value this cell has made
        self.scopes = []  # the local names around the node
        self.inside = 0  # functions around the node
        self.visit(tree(cell))

    def is_local(self, name):
        return any(name in scope for scope in self.scopes)

    def bind(self, name, way="other", made=True):
        if not self.is_local(name):
            self.bound.setdefault(name, set()).add(way)
            (self.made.add if made else self.made.discard)(name)

    def change(self, name, how):
        if name is None or name in self.imported or self.is_local(name):
            return
        if self.inside or name not in self.made:
            self.changes.append((name, how))

    def within(self, node, parts):
        """Visit the parts of a node that has local names."""
        self.scopes.append(local_names(node))
        for part in parts:
            self.visit(part)
        self.scopes.pop()

    def borrowed(self, *values):
        """Tell whether a value may be a part of what another cell has made."""
        names = {root(value) for value in values} - {None} - self.imported - self.made
        return any(not self.is_local(name) for name in names)

    def visit_Name(self, node):
        if isinstance(node.ctx, ast.Store):
            self.bind(node.id)
        elif isinstance(node.ctx, ast.Del):
            self.change(node.id, "del")
        elif not self.is_local(node.id):
            if self.inside:
                self.late.add(node.id)
            elif node.id not in self.bound:
                self.early.add(node.id)

    def visit_Assign(self, node):
        self.visit(node.value)
        for target in node.targets:
            self.visit(target)
            pairs = [(target, node.value)]
            if isinstance(target, ast.Tuple):
                values = getattr(node.value, "elts", [node.value] * len(target.elts))
                pairs = list(zip(target.elts, values, strict=False))
            for each, value in pairs:
                if isinstance(each, ast.Name) and self.borrowed(value):
                    self.bind(each.id, made=False)

    def visit_AnnAssign(self, node):
        if node.value:
            self.visit_Assign(ast.Assign([node.target], node.value))

    def visit_NamedExpr(self, node):
        self.visit(node.value)
        self.visit(node.target)

    def visit_AugAssign(self, node):
        self.visit(node.value)
        if isinstance(node.target, ast.Name):
            self.visit(ast.Name(node.target.id, ast.Load()))
            self.change(node.target.id, ast.unparse(node))
        else:
            self.visit(node.target)

    def visit_For(self, node):
        self.visit(node.iter)
        inner = list(ast.walk(node.iter))
        functions = [each.func for each in inner if isinstance(each, ast.Call)]
        values = [each for each in inner if isinstance(each, ast.Name)]
        made = not self.borrowed(*[each for each in values if each not in functions])
        for each in ast.walk(node.target):
            if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store):
                self.bind(each.id, "loop", made)
            elif isinstance(each, ast.Attribute | ast.Subscript):
                self.visit(each)
        for part in [*node.body, *node.orelse]:
            self.visit(part)

    def visit_target(self, node):
        """Visit an attribute or item, which may be read, set or deleted."""
        if not isinstance(node.ctx, ast.Load):
            self.change(root(node), ast.unparse(node))
        self.generic_visit(node)

    visit_Attribute = visit_Subscript = visit_target  # noqa: N815

    def visit_Call(self, node):
        self.generic_visit(node)
        if isinstance(node.func, ast.Attribute) and node.func.attr in CHANGING:
            self.change(root(node.func.value), ast.unparse(node.func))
        else:
            self.change(trained(node, self.places), ast.unparse(node.func))

    def visit_Global(self, node):
        self.changes += [(name, "global") for name in node.names]

    def visit_Import(self, node):
        for alias in node.names:
            self.bind(alias_name(alias))

    visit_ImportFrom = visit_Import  # noqa: N815

    def visit_FunctionDef(self, node):
        around = [*node.decorator_list, *node.args.defaults]
        for part in [*around, *filter(None, node.args.kw_defaults)]:
            self.visit(part)
        self.bind(node.name)
        self.inside += 1
        self.within(node, node.body)
        self.inside -= 1

    def visit_Lambda(self, node):
        self.inside += 1
        self.within(node, [node.body])
        self.inside -= 1

    def visit_ClassDef(self, node):
        for part in [*node.decorator_list, *node.bases, *node.keywords]:
            self.visit(part)
        self.within(node, node.body)
        self.bind(node.name)

    def visit_comprehension_of(self, node):
        """Visit a comprehension, whose targets nobody else sees."""
        self.within(node, ast.iter_child_nodes(node))

    visit_ListComp = visit_SetComp = visit_DictComp = visit_comprehension_of  # noqa: N815
    visit_GeneratorExp = visit_comprehension_of  # noqa: N815


def names_of(notebook):
    """Return each code cell with its names."""
    places = trainers(notebook)
    imports = [each for cell in notebook.code for each in nodes(cell, ast.alias)]
    imported = {alias_name(each) for each in imports}
    return [(cell, Names(cell, places, imported)) for cell in notebook.code]


# Rules --------------------------------------------------------------------------------


def one_meaning(notebook):
    """No name is bound in two cells, save throw-away ones that each cell binds itself."""
    cells = names_of(notebook)
    for name in sorted({name for _, names in cells for name in names.bound}):
        binding = [(cell, names) for cell, names in cells if name in names.bound]
        if len(binding) == 1:
            continue
        where = " and ".join(named(cell) for cell, _ in binding)
        ways = set().union(*[names.bound[name] for _, names in binding])
        pair = is_exercise_and_solution(notebook, [cell for cell, _ in binding])
        if not (pair or name in THROW_AWAY or ways == {"loop"}):
            yield f"{name} is bound in {where}"
            continue
        for cell, names in cells:
            if name in names.early:
                yield f"{named(cell)} reads {name} of another cell; {where} bind it"
            in_pair = pair and name in names.bound
            if name in names.late and not in_pair:
                yield f"a function in {named(cell)} reads {name}; {where} bind it"


def is_exercise_and_solution(notebook, cells):
    """Tell whether the cells are an exercise and the solution right behind it."""
    places = [notebook.code.index(cell) for cell in cells]
    return (
        len(cells) == 2
        and places[1] == places[0] + 1
        and "exercise" in tags(cells[0])
        and "solution" in tags(cells[1])
    )


def changed_where_made(notebook):
    """A value is changed, and a model trained, only in the cell that makes it."""
    for cell, names in names_of(notebook):
        for name, how in names.changes:
            yield f"{named(cell)} changes {name}, made elsewhere, by {how!r}"


def own_random_numbers(notebook):
    """A generator of random numbers is used only in the cell that makes it."""
    cells = names_of(notebook)
    generators = {
        target.id
        for cell in notebook.code
        for assign in nodes(cell, ast.Assign)
        for target in assign.targets
        if isinstance(target, ast.Name)
        and isinstance(assign.value, ast.Call)
        and ast.unparse(assign.value.func).rpartition(".")[2] in GENERATORS
    }
    for cell, names in cells:
        if used := sorted(generators & (names.early | names.late)):
            yield f"{named(cell)} draws from {used}, a generator that it has not made"
