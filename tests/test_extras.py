import sys

import pytest

from advnet._extras import require


def test_gives_the_module_asked_for():
    assert require("xml.etree.ElementTree", "data").__name__ == "xml.etree.ElementTree"


def test_a_missing_module_names_the_extra_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(
        ImportError, match=r'pooch.*pip install "advnet\[data\]"'
    ) as info:
        require("pooch", "data")
    assert info.value.name == "pooch"


def test_a_broken_module_says_what_broke(monkeypatch, tmp_path):
    (tmp_path / "broken_extra.py").write_text("import nowhere_to_be_found")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(
        ImportError, match=r"broken_extra.*nowhere_to_be_found.*\[plot\]"
    ):
        require("broken_extra", "plot")
