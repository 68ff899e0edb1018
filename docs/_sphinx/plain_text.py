"""Conversion of plain docstrings to reStructuredText."""

import re

ITEM = re.compile(r"(?:- |\d+\. )")


def mark_code(text, language):
    """Mark indented blocks that follow a paragraph as code."""
    lines, last = [""], "text"
    for line in text.splitlines():
        starts_block = line.startswith("    ") and not lines[-1]
        if starts_block and not last.startswith((" ", "..")) and last[-2:] != "::":
            lines += [f".. code-block:: {language}", ""]
        lines.append(line)
        last = line or last
    return "\n".join(lines[1:])


def space_lists(text):
    """Put an empty line before and after each list."""
    lines, in_list = [], False
    for line in text.splitlines():
        item = bool(ITEM.match(line))
        inside = item or (in_list and line.startswith(" "))
        if inside != in_list and line and lines and lines[-1]:
            lines.append("")
        in_list = inside
        lines.append(line)
    return "\n".join(lines)
