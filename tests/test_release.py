"""Tests of the files of a release: one version, the tested Pythons, the workflows."""

import re
import tomllib

import yaml
from documents import ROOT

import advnet

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def read_yaml(path):
    return yaml.safe_load((ROOT / path).read_text())


def test_every_file_states_the_same_version():
    assert read_yaml("CITATION.cff")["version"] == advnet.__version__
    assert f"version = {{{advnet.__version__}}}" in (ROOT / "README.md").read_text()
    assert f"## {advnet.__version__}" in (ROOT / "CHANGELOG.md").read_text()


def test_the_workflow_tests_every_python_of_the_project():
    pythons = [x.rpartition(" ")[2] for x in PROJECT["classifiers"] if ":: 3." in x]
    jobs = read_yaml(".github/workflows/tests.yml")["jobs"]
    tested = jobs["tests"]["strategy"]["matrix"]["python"]
    assert set(pythons) <= set(tested)
    assert PROJECT["requires-python"] == f">={pythons[0]}" == f">={tested[0]}"
    assert (
        f"{pythons[0]} to {pythons[-1]}" in (ROOT / "docs" / "versions.md").read_text()
    )


def test_the_page_of_versions_names_every_extra_and_the_bound_of_jax():
    page = (ROOT / "docs" / "versions.md").read_text()
    for extra in PROJECT["optional-dependencies"]:
        assert f"`{extra}`" in page, f"Add the extra {extra} to docs/versions.md"
    bounds = [x for x in PROJECT["dependencies"] if x.startswith("jax>=")]
    assert f"**JAX**: {bounds[0].removeprefix('jax>=')} and newer" in page


def test_the_workflows_may_only_read_and_pin_their_actions():
    for path in WORKFLOWS:
        workflow = read_yaml(path)
        assert workflow["permissions"] == {}, path.name
        for line in path.read_text().splitlines():
            if "uses:" in line:
                assert re.search(r"@[0-9a-f]{40} # v\d", line), f"Pin {line.strip()}"
    publish = read_yaml(".github/workflows/release.yml")["jobs"]["publish"]
    assert publish["permissions"] == {"id-token": "write"}


def test_the_release_refuses_a_wrong_tag():
    steps = read_yaml(".github/workflows/release.yml")["jobs"]["build"]["steps"]
    checks = [
        step for step in steps if step.get("name") == "The tag equals the version"
    ]
    assert len(checks) == 1
    version = re.search(
        r"__version__ = \"(.*)\"", (ROOT / "src/advnet/__init__.py").read_text()
    )
    assert version[1] == advnet.__version__
    assert '[ "$TAG" != "v$version" ]' in checks[0]["run"]


def test_the_forms_of_issues_require_what_they_need():
    bug = read_yaml(".github/ISSUE_TEMPLATE/bug.yml")
    addition = read_yaml(".github/ISSUE_TEMPLATE/addition.yml")
    for form, wanted in (
        (bug, {"program", "versions"}),
        (addition, {"publication", "number"}),
    ):
        assert {"name", "description", "body"} <= set(form)
        required = {
            x["id"] for x in form["body"] if x.get("validations", {}).get("required")
        }
        assert wanted <= required


def test_read_the_docs_builds_the_site_of_ci():
    config = read_yaml(".readthedocs.yaml")
    assert config["python"]["install"][0]["extra_requirements"] == ["docs"]
    assert config["sphinx"] == {
        "configuration": "docs/conf.py",
        "fail_on_warning": True,
    }
