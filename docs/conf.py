"""How Sphinx makes the documentation: `make docs`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "extensions"))

import pyrite

project = "Pyrite"
author = "The Pyrite developers"
version = release = pyrite.__version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "page_examples",
    "gallery",
    "links",
    "names",
    "pictures",
]
exclude_patterns = ["_build", "extensions"]

# The notebooks are executed by `gallery`, which can also feed a stream and press the stop button.
nb_execution_mode = "off"
nb_merge_streams = True
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 4
suppress_warnings = ["myst.xref_ambiguous"]

# Docstrings write code between single backticks.
default_role = "code"
napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_preprocess_types = False
autodoc_member_order = "groupwise"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
python_maximum_signature_line_length = 88
add_module_names = False
toc_object_entries_show_parents = "hide"

html_theme = "furo"
html_title = "Pyrite"
html_static_path = ["static"]
html_css_files = ["pyrite.css"]
html_copy_source = False
html_show_sphinx = False
html_theme_options = {"navigation_with_keys": True}


def setup(app):  # noqa: D103 - Sphinx calls it
    app.connect("html-page-context", speak)
    app.connect("autodoc-process-docstring", shorten)


def shorten(_app, what, _name, _object, _options, lines):
    """Of a module only what it is: the rest of its docstring is for who works on it."""
    if what == "module" and "" in lines:
        del lines[lines.index("") :]
        lines.append("")


def speak(_app, page, _template, context, _doctree) -> None:
    """Say of Korean pages that they are Korean: screen readers and browsers go by it."""
    if page.split("/")[0] == "ko" or page.endswith(".ko"):
        context["language"] = "ko"
