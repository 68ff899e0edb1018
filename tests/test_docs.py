"""What the documents point to is there: pages, pictures, scripts, commands."""

import re
from pathlib import Path

import pytest

from advnet.cli._commands import COMMANDS

ROOT = Path(__file__).parent.parent
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
LINK = re.compile(r"\]\(([^)#]+)\)")
SCRIPT = re.compile(r"python (\S+\.py)")
COMMAND = re.compile(r"^(?:\S+/)?advnet ([a-z]+)", re.MULTILINE)
BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)

every_page = pytest.mark.parametrize(
    "page", PAGES, ids=lambda page: str(page.relative_to(ROOT))
)


@every_page
def test_links_lead_somewhere(page):
    links = [link for link in LINK.findall(page.read_text()) if "://" not in link]
    missing = [link for link in links if not (page.parent / link).exists()]
    assert not missing


@every_page
def test_commands_are_there(page):
    shell = "\n".join(BLOCK.findall(page.read_text()))
    missing = [path for path in SCRIPT.findall(shell) if not (ROOT / path).exists()]
    unknown = set(COMMAND.findall(shell)) - set(COMMANDS)
    assert not missing
    assert not unknown


def test_every_page_of_results_names_a_command():
    for page in ROOT.glob("docs/results/*.md"):
        assert BLOCK.search(page.read_text()), page.name
