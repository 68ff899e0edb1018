"""Sphinx extension: one page of the API reference for each public module.

The build stops if a public symbol has no documentation. References to private names, as
in annotations, lead to the public names. Code in a sentence, such as `losses.hinge()`,
becomes a link where it starts with the name of a public symbol.
"""

import re
from pathlib import Path

import symbols
from docutils import nodes
from plain_text import mark_code
from sphinx.addnodes import pending_xref
from sphinx.errors import ExtensionError

GROUPS = {
    "Start here": ["advnet", "advnet.runs", "advnet.recipes", "advnet.cli"],
    "Games and their parts": [
        "advnet.games",
        "advnet.losses",
        "advnet.terms",
        "advnet.priors",
        "advnet.networks",
        "advnet.modules",
        "advnet.augment",
        "advnet.types",
    ],
    "Training": [
        "advnet.dynamics",
        "advnet.training",
        "advnet.training.hooks",
        "advnet.data",
        "advnet.sharding",
    ],
    "Evaluation": ["advnet.evaluation"],
    "Theory, paper and reports": [
        "advnet.theory",
        "advnet.paper",
        "advnet.reporting",
    ],
}
NAME = re.compile(r"(?:advnet\.)?(?P<path>\w+(?:\.\w+)+)(?:\(.*\))?", re.DOTALL)
DIRECTIVES = {"function": "autofunction", "class": "autoclass"}


def first_sentence(text):
    """Return the first line of a docstring."""
    return text.strip().splitlines()[0].rstrip(":")


def heading(text, underline):
    """Return a heading of reStructuredText."""
    return f"{text}\n{underline * len(text)}\n"


def role(symbol):
    """Return a link to a symbol, with its short name."""
    kind = "mod" if symbol.kind == "module" else "obj"
    return f":py:{kind}:`{symbol.name} <{symbol.target}>`"


def table(rows):
    """Return a table of two columns."""
    lines = [".. list-table::", "   :widths: 30 70", ""]
    for left, right in rows:
        lines += [f"   * - {left}", f"     - {right}"]
    return "\n".join(lines) + "\n"


def describe(symbol):
    """Return the directive that documents a symbol."""
    path = f"{symbol.module}.{symbol.name}"
    if symbol.kind == "data":
        text = "\n".join(f"   {line}" for line in symbol.text.splitlines())
        return f".. py:data:: {symbol.name}\n   :module: {symbol.module}\n\n{text}\n"
    return f".. {DIRECTIVES[symbol.kind]}:: {path}\n"


def page_of(module, every_symbol):
    """Return the page of a module."""
    own = [symbol for symbol in every_symbol if symbol.module == module]
    parts = [
        heading(module, "="),
        f".. automodule:: {module}\n",
    ]
    described = [symbol for symbol in own if symbol.kind in (*DIRECTIVES, "data")]
    if described:
        rows = [(role(symbol), first_sentence(symbol.text)) for symbol in described]
        parts += [heading("Contents", "-"), table(rows)]
    modules = [symbol for symbol in own if symbol.kind == "module"]
    if modules:
        rows = [(role(symbol), first_sentence(symbol.text)) for symbol in modules]
        parts += [heading("Modules", "-"), table(rows)]
    aliases = [symbol for symbol in own if symbol.kind == "alias"]
    if aliases:
        rows = [
            (f"``{module}.{symbol.name}``", f":py:obj:`{symbol.target}`")
            for symbol in aliases
        ]
        parts += [heading("Short names", "-"), table(rows)]
    if described:
        parts += [heading("Reference", "-"), *map(describe, described)]
    return "\n".join(parts)


def index_of(every_symbol):
    """Return the page that lists the modules, by group."""
    texts = {symbol.target: symbol.text for symbol in every_symbol}
    names = symbols.module_names()
    texts |= {name: symbols.importlib.import_module(name).__doc__ for name in names}
    groups = {
        title: [
            name
            for module in members
            for name in names
            if name == module
            or (module == "advnet.evaluation" and name.startswith(f"{module}."))
        ]
        for title, members in GROUPS.items()
    }
    missing = set(names) - {name for members in groups.values() for name in members}
    if missing:
        raise ExtensionError(f"Add {sorted(missing)} to GROUPS in {__file__}")
    parts = [heading("API reference", "=")]
    parts.append(f"All {len(every_symbol)} public names, by module.\n")
    for title, members in groups.items():
        rows = [(f":doc:`{x} <{x}>`", first_sentence(texts[x])) for x in members]
        parts += [heading(title, "-"), table(rows)]
        toc = "\n".join(f"   {name}" for name in members)
        parts.append(f".. toctree::\n   :hidden:\n\n{toc}\n")
    return "\n".join(parts)


def write(path, text):
    """Write a page if it has changed, so that Sphinx reads only changed pages."""
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def write_pages(app):
    """Write the pages into the folder `api` of the sources."""
    every_symbol = symbols.public_symbols()
    if missing := symbols.undocumented(every_symbol):
        raise ExtensionError(
            "Document these public names, with a docstring or with a string below the "
            f"assignment: {', '.join(missing)}"
        )
    app.advnet_names = symbols.private_names(every_symbol)
    app.advnet_targets = {
        f"{symbol.module}.{symbol.name}".removeprefix("advnet."): symbol
        for symbol in every_symbol
    }
    folder = Path(app.srcdir) / "api"
    folder.mkdir(exist_ok=True)
    pages = {name: page_of(name, every_symbol) for name in symbols.module_names()}
    pages["index"] = index_of(every_symbol)
    for name, text in pages.items():
        write(folder / f"{name}.rst", text)
    for path in folder.glob("*.rst"):
        if path.stem not in pages:
            path.unlink()


def mark_code_of_module(app, what, name, value, options, lines):
    """Mark the indented blocks in the docstring of a module as code."""
    if what == "module":
        lines[:] = mark_code("\n".join(lines), "python").splitlines()


def link_code(app, doctree):
    """Make links of the code in sentences that names a public symbol."""
    for node in list(doctree.findall(nodes.literal)):
        match = NAME.fullmatch(node.astext())
        symbol = match and app.advnet_targets.get(match["path"])
        if not symbol or isinstance(node.parent, (nodes.reference, pending_xref)):
            continue
        link = pending_xref(
            "",
            refdomain="py",
            reftype="mod" if symbol.kind == "module" else "obj",
            reftarget=symbol.target,
            refexplicit=True,
            refwarn=True,
            refdoc=app.env.current_document.docname,
        )
        node.replace_self(link)
        link += node


def resolve(app, env, node, content):
    """Lead a reference to a private or shortened name to the public symbol."""
    target = node.get("reftarget", "").removesuffix("()")
    public = app.advnet_names.get(target, f"advnet.{target}")
    if node.get("refdomain") != "py" or public == target:
        return None
    arguments = (env, node["refdoc"], app.builder, "obj", public, node, content)
    return env.get_domain("py").resolve_xref(*arguments)


def drop_modules_without_source(app):
    """Keep modules such as `builtins` out of the index of source pages."""
    modules = getattr(app.env, "_viewcode_modules", {})
    app.env._viewcode_modules = {
        name: entry for name, entry in modules.items() if entry
    }
    return ()


def setup(app):
    """Register the extension."""
    app.connect("builder-inited", write_pages)
    app.connect("autodoc-process-docstring", mark_code_of_module)
    app.connect("doctree-read", link_code)
    app.connect("html-collect-pages", drop_modules_without_source, priority=100)
    app.connect("missing-reference", resolve)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
