"""Settings of the documentation site: `sphinx-build -W -b html docs DIR`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_sphinx"))

import advnet

project = "advnet"
author = "The advnet developers"
copyright = "The advnet developers, Apache-2.0"
version = release = advnet.__version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
    "sphinx_design",
    "mathml",
    "reference",
    "outside",
    "gallery",
]
exclude_patterns = ["_sphinx", "**/.ipynb_checkpoints", "**/.jax_cache"]

# Links: everything inside the site is checked. Annotations name types of libraries
# whose documentation is elsewhere.
nitpicky = True
nitpick_ignore_regex = [
    ("py:obj", r"(?s).*"),  # the default role also marks code, such as `k >= 1`
    ("py:class", r"advnet\..*\._.*|advnet\.sharding\.Tree|dict\[str"),
    ("py:.*", r"(jax|jaxlib|numpy|np|optax|flax|nn|nnx|collections|pathlib|types)\..*"),
    ("py:.*", r"(collections\.abc|typing|os|datetime|argparse|contextlib|re)\..*"),
]
default_role = "py:obj"

# Notebooks are stored with their outputs; a test runs them.
nb_execution_mode = "off"
nb_ipywidgets_js = {}
myst_enable_extensions = ["colon_fence", "dollarmath", "attrs_block"]
myst_heading_anchors = 3
myst_links_external_new_tab = False
suppress_warnings = ["mystnb.unknown_mime_type"]

autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 88
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True
napoleon_use_rtype = False

html_theme = "sphinx_book_theme"
html_title = "advnet"
html_math_renderer = "mathml"
html_context = {"default_mode": "auto"}
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_search_summary = False  # a page opened as a file cannot read other files
html_show_sourcelink = False
html_theme_options = {
    "repository_url": "https://github.com/advnet/advnet",
    "repository_branch": "main",
    "path_to_docs": "docs",
    "use_repository_button": True,
    "use_issues_button": True,
    "home_page_in_toc": False,
    "show_navbar_depth": 1,
    "navigation_with_keys": False,
}
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
