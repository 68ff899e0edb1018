"""Import of optional dependencies and the errors of missing packages."""

import sys

import pytest

from advnet._extras import require


def test_returns_the_last_module_of_a_dotted_name():
    assert require("xml.etree.ElementTree", "data").__name__ == "xml.etree.ElementTree"


def test_error_of_a_missing_module_contains_the_install_command(monkeypatch):
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(
        ImportError, match=r'pooch.*pip install "advnet\[data\]"'
    ) as info:
        require("pooch", "data")
    assert info.value.name == "pooch"


def test_error_of_a_broken_module_contains_its_cause(monkeypatch, tmp_path):
    (tmp_path / "broken_extra.py").write_text("import nowhere_to_be_found")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(
        ImportError, match=r"broken_extra.*nowhere_to_be_found.*\[plot\]"
    ):
        require("broken_extra", "plot")
