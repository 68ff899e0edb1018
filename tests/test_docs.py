"""Tests of the documents: links, commands, options of commands, and code."""

import json
import re
from pathlib import Path

import pytest
import tyro
from documents import PAGES, ROOT, SHELL, name_of, python_code, run_code, shell_commands

import advnet
from advnet import evaluation, losses
from advnet.cli._commands import COMMANDS
from advnet.evaluation._rating import RULES

CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
LINK = re.compile(r"\]\(([^)#]+)\)")
RESULTS = [x for x in sorted(ROOT.glob("docs/results/*.md")) if x.stem != "index"]
QUESTIONS = ROOT / "docs" / "questions.md"
METRICS_PAGE = ROOT / "docs" / "metrics.md"


def test_links_lead_to_files():
    broken = [
        f"{name_of(page)}: {link}"
        for page in PAGES
        for link in LINK.findall(CODE.sub("", page.read_text()))
        if "://" not in link and not (page.parent / link).exists()
    ]
    assert not broken, "Correct these links:\n" + "\n".join(broken)


def test_names_in_documents_exist():
    """A name such as `games.gan` in a page or a notebook is a name of the library."""
    packages = "|".join(
        name for name in advnet.__all__ if hasattr(getattr(advnet, name), "__path__")
    )
    pattern = re.compile(
        rf"`(?:advnet\.)?((?:{packages}|sharding|types)(?:\.\w+)+)[`(]"
    )
    texts = {page: page.read_text() for page in PAGES if page.name != "CHANGELOG.md"}
    for path in ROOT.glob("docs/tutorials/*.ipynb"):
        cells = json.loads(path.read_text())["cells"]
        texts[path] = "\n".join("".join(cell["source"]) for cell in cells)
    unknown = []
    for page, text in texts.items():
        for name in pattern.findall(text):
            value = advnet
            for part in name.split("."):
                value = getattr(value, part, None)
            if value is None and not name.endswith((".py", ".md", ".json", ".ipynb")):
                unknown.append(f"{name_of(page)}: {name}")
    assert not unknown, "Correct these names:\n" + "\n".join(unknown)


def test_scripts_exist():
    missing = [
        f"{name_of(page)}: {word}"
        for page, words in shell_commands()
        for word in words
        if word.endswith(".py") and not (ROOT / word).exists()
    ]
    assert not missing, "Correct the paths of these scripts:\n" + "\n".join(missing)


def test_commands_can_be_parsed(capsys):
    """The parser accepts every option and choice; no command runs."""
    options = {name: command[0] for name, command in COMMANDS.items()}
    failures = []
    for page, words in shell_commands():
        if words[0].rsplit("/", 1)[-1] != "advnet":
            continue
        try:
            tyro.extras.subcommand_cli_from_dict(
                options, args=words[1:], config=(tyro.conf.PositionalRequiredArgs,)
            )
        except SystemExit:
            failures.append(f"{name_of(page)}: {' '.join(words)}")
    report = "\n".join(failures) + "\n" + capsys.readouterr().err
    assert not failures, "Correct these commands:\n" + report


def test_options_of_scripts_exist():
    unknown = []
    for page, words in shell_commands():
        path = next((ROOT / word for word in words if word.endswith(".py")), None)
        if path is None:
            continue
        text = path.read_text()
        for option in (word.strip("-") for word in words if word.startswith("--")):
            field = rf"\b{option.replace('-', '_')}: \w"
            if f'"--{option}"' not in text and not re.search(field, text):
                unknown.append(f"{name_of(page)}: {path.name} --{option}")
    assert not unknown, "Correct these options:\n" + "\n".join(unknown)


def test_every_page_of_results_names_a_command():
    for page in RESULTS:
        assert SHELL.search(page.read_text()), (
            f"{name_of(page)} has no command. Add the shell command that computes its "
            "numbers, in a block ```sh."
        )


def test_every_page_of_results_is_linked():
    text = "".join(page.read_text() for page in PAGES)
    for page in RESULTS:
        assert f"{page.name})" in text, f"Add a link to {name_of(page)} in a document."


@pytest.mark.ci
@pytest.mark.parametrize(
    "page", ["docs/concepts.md", "docs/conventions.md", "docs/metrics.md"]
)
def test_code_of_short_pages_runs(page):
    run_code(python_code(ROOT / page), page)


@pytest.mark.ci
def test_code_of_the_first_page_runs(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    scope = run_code(python_code(ROOT / "docs" / "get_started.md"), "get_started.md")
    assert scope["samples"].shape == (16, 2)
    assert "recall" in capsys.readouterr().out


@pytest.mark.ci
def test_code_of_questions_runs(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    run_code(python_code(QUESTIONS), "docs/questions.md")
    printed = capsys.readouterr().out
    assert "kernel distance of random projection to 16" in printed
    assert "rules applied" in printed
    assert "nearest distance" in printed


@pytest.mark.ci
def test_code_of_runs_runs(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    scope = run_code(python_code(ROOT / "docs" / "runs.md"), "docs/runs.md")
    assert "recall of standardized values" in capsys.readouterr().out
    assert Path(scope["page"]).exists()
    assert {path.name for path in (tmp_path / "runs").iterdir()} == {
        "circle",
        "circle-best",
        "hinge",
        "rows",
        "sides",
        "small",
        "waves",
    }


def test_table_of_losses_agrees_with_the_losses():
    """The table holds the divergence and the value at equilibrium of every loss."""
    rows = {
        line.split("`")[1]: line
        for line in QUESTIONS.read_text().splitlines()
        if line.startswith("| `")
    }
    for name in sorted(set(losses.names()) - {"f_gan"}):
        assert name in rows, (
            f"Add a row for `{name}` to the table of losses in docs/questions.md"
        )
        theory = losses.get(name).theory
        expected = f"`{theory.name}` and `{theory.equilibrium:.3f}`"
        assert theory.name in rows[name], f"The row of `{name}` needs {expected}"
        assert rows[name].endswith(f"| {theory.equilibrium:.3f} |"), (
            f"The row of `{name}` in docs/questions.md needs {expected}"
        )


def test_table_of_thresholds_agrees_with_the_rules():
    """The page of the metrics holds the limits of every rule of the verdict."""
    losses = {
        "_share_lost": "1 - value / real",
        "_shortfall": "real - value",
        "_excess": "value - real",
        "_beyond_half": "value - 0.5",
    }
    expected = [
        f"| `{name}` | {rule.quality} | {losses[rule.loss.__name__]} | "
        f"{rule.limits[0]:.2f} | {rule.limits[1]:.2f} |"
        for name, rule in RULES.items()
    ]
    _, table = METRICS_PAGE.read_text().split("| good up to | fair up to |\n")
    rows = table.split("\n\n")[0].splitlines()[1:]
    assert rows == expected, "Write these rows:\n" + "\n".join(expected)


def test_every_metric_is_on_the_page_of_the_metrics():
    modules = (
        *("distances", "manifolds", "two_sample", "memorization", "diversity", "modes"),
        *("classes", "tables", "series", "imputation", "probes", "ais"),
    )
    text = METRICS_PAGE.read_text()
    missing = [
        f"{module}.{name}"
        for module in modules
        for name in getattr(evaluation, module).__all__
        if name.islower() and f"`{module}.{name}`" not in text
    ]
    assert not missing, "Add to docs/metrics.md:\n" + "\n".join(missing)
