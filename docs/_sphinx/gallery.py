"""Sphinx extension: the gallery, one page per example with picture and source."""

import ast
import re
from pathlib import Path

from gallery_rows import EXAMPLES, GALLERY
from plain_text import mark_code, space_lists
from reference import heading, write
from sphinx.errors import ExtensionError

USED = re.compile(
    r"\b(?:games|losses|terms|dynamics|modules|networks|priors|augment|data|training|"
    r"distances|manifolds|features|theory|hooks|parzen)\.[a-zA-Z]\w*"
)


def docstring(path):
    """Return the first line and the rest of the docstring of an example."""
    title, _, rest = ast.get_docstring(ast.parse(path.read_text())).partition("\n")
    return title.rstrip("."), mark_code(space_lists(rest.strip("\n")), "sh")


def page_of(example, folder):
    """Return the page of an example."""
    path = folder / f"{example.name}.py"
    title, text = docstring(path)
    names = sorted(set(USED.findall(path.read_text())))
    links = ", ".join(f":py:obj:`{name}`" for name in names)
    return "\n".join(
        [
            heading(title, "="),
            f".. image:: ../images/{example.picture}\n   :alt: {title}\n",
            f"{text}\n",
            f"Measured results: :doc:`/results/{example.page}`.\n",
            f"Names of the library in this example: {links}.\n",
            f".. literalinclude:: ../../examples/{path.name}\n   :language: python\n",
        ]
    )


def index_of(folder):
    """Return the page with a card for each example."""
    parts = [heading("Gallery", "=")]
    parts.append("Each example is one file that you can copy, with measured results.\n")
    for group, members in GALLERY.items():
        parts += [heading(group, "-"), ".. grid:: 2 2 3 3\n   :gutter: 3\n"]
        for example in members:
            title, _ = docstring(folder / f"{example.name}.py")
            parts.append(
                f"   .. grid-item-card:: {title}\n"
                f"      :link: {example.name}\n"
                "      :link-type: doc\n"
                f"      :img-top: ../images/{example.picture}\n"
                f"      :img-alt: {title}\n"
                "      :class-card: gallery-card\n"
            )
    names = "\n".join(f"   {example.name}" for example in EXAMPLES)
    parts.append(f".. toctree::\n   :hidden:\n\n{names}\n")
    return "\n".join(parts)


def write_pages(app):
    """Write the pages into the folder `gallery` of the sources."""
    sources = Path(app.srcdir).parent / "examples"
    missing = {path.stem for path in sources.glob("*.py")} ^ {x.name for x in EXAMPLES}
    if missing:
        names = ", ".join(sorted(missing))
        raise ExtensionError(f"Correct the rows of gallery_rows.py: {names}")
    folder = Path(app.srcdir) / "gallery"
    folder.mkdir(exist_ok=True)
    for example in EXAMPLES:
        write(folder / f"{example.name}.rst", page_of(example, sources))
    write(folder / "index.rst", index_of(sources))


def setup(app):
    """Register the extension."""
    app.connect("builder-inited", write_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
