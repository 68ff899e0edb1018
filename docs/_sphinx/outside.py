"""Sphinx extension: links of the pages to files outside of `docs`.

Links to an example lead to its page in the gallery, and links to other files of the
repository to the repository on the web. On a web page of the repository the same links
lead to the files themselves.
"""

import re
from pathlib import Path

LINK = re.compile(r"\]\((?P<path>\.\.?/[^)#\s]+)(?P<anchor>#[^)\s]*)?\)")
EXAMPLE = re.compile(r"examples/(\w+)\.py")
PAGES = {"CONTRIBUTING.md": "/contributing.md", "CHANGELOG.md": "/changelog.md"}


def replace_links(app, docname, source):
    """Replace the links of a page that lead out of `docs`."""
    docs = Path(app.srcdir)
    folder = (docs / docname).parent

    def replace(match):
        path = (folder / match["path"]).resolve()
        if path.is_relative_to(docs) or not path.is_relative_to(docs.parent):
            return match[0]
        name, anchor = path.relative_to(docs.parent).as_posix(), match["anchor"] or ""
        if example := EXAMPLE.fullmatch(name):
            return f"](/gallery/{example[1]}.rst)"
        if name in PAGES:
            return f"]({PAGES[name]}{anchor})"
        if not path.exists():
            raise FileNotFoundError(f"{docname}: correct the link to {match['path']}")
        return f"]({app.config.html_theme_options['repository_url']}/blob/main/{name})"

    source[0] = LINK.sub(replace, source[0])


def setup(app):
    """Register the extension."""
    app.connect("source-read", replace_links)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
