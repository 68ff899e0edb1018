"""What the documents point to is there: pages, pictures, scripts, commands."""

import re
from pathlib import Path

import pytest
import tyro

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


def lines_of(page):
    """The commands of a page's shell blocks, joined where they are continued."""
    for block in BLOCK.findall(page.read_text()):
        for line in block.replace("\\\n", " ").splitlines():
            yield from (part.split("#")[0].split() for part in line.split("&&"))


@every_page
def test_commands_can_be_parsed(page):
    """Every option is there, and every choice: nothing is read or run."""
    kinds = {name: kind for name, (kind, _) in COMMANDS.items()}
    for words in lines_of(page):
        if words and words[0].rsplit("/", 1)[-1] == "advnet":
            tyro.extras.subcommand_cli_from_dict(
                kinds, args=words[1:], config=(tyro.conf.PositionalRequiredArgs,)
            )


@every_page
def test_options_of_scripts_are_there(page):
    for words in lines_of(page):
        path = next((ROOT / word for word in words if word.endswith(".py")), None)
        if path is None:
            continue
        options = [word.strip("-") for word in words if word.startswith("--")]
        text = path.read_text()
        argument = lambda option: rf"\b{option.replace('-', '_')}: \w"
        missing = [
            option
            for option in options
            if f'"--{option}"' not in text and not re.search(argument(option), text)
        ]
        assert not missing, words


def test_every_page_of_results_names_a_command():
    for page in ROOT.glob("docs/results/*.md"):
        assert BLOCK.search(page.read_text()), page.name
