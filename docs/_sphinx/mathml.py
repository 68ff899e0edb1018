"""Sphinx extension: formulas as MathML, which browsers draw without a script."""

from docutils.nodes import SkipNode
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

logger = logging.getLogger(__name__)


def to_mathml(node, as_block):
    """Return a formula as MathML; warn about a command that docutils does not know."""
    text = node.astext().replace(r"\dots", r"\ldots")
    try:
        return tex2mathml(text, as_block=as_block)
    except MathError as error:
        logger.warning("%s in the formula %s", error, text, location=node)
        return ""


def visit_inline(writer, node):
    """Write a formula within a line."""
    writer.body.append(to_mathml(node, as_block=False))
    raise SkipNode


def visit_block(writer, node):
    """Write a formula on lines of its own, with its number if it has one."""
    writer.body.append(writer.starttag(node, "div", CLASS="math"))
    if node["number"]:
        number = get_node_equation_number(writer, node)
        writer.body.append(f'<span class="eqno">({number})</span>')
    writer.body.append(f"{to_mathml(node, as_block=True)}</div>")
    raise SkipNode


def setup(app):
    """Register the renderer, which `html_math_renderer` selects."""
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
