"""The templates, the script and the security policy of the pages."""

import base64
import hashlib
from pathlib import Path
from typing import Any

from advnet._extras import require

_FOLDER = Path(__file__).parent


def template(name: str) -> Any:
    """Return a Jinja template of this package."""
    jinja2 = require("jinja2", "report")
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["thousands"] = "{:,.0f}".format
    return environment.get_template(name)


def page_script() -> str:
    """Return the script of the pages: charts, sliders and buttons."""
    return (_FOLDER / "report.js").read_text(encoding="utf-8")


def hash_script(script: str) -> str:
    """Return the source expression that lets a page's policy run only this script."""
    digest = hashlib.sha256(script.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
