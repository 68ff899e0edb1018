"""The mechanical part of the rules of language: docstrings, words, spelling, names.

A failure lists one complaint per line: file, line, the text, the text to write instead.
"""

import ast
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def files(*patterns):
    return sorted(path for pattern in patterns for path in ROOT.glob(pattern))


SOURCES = files("src/**/*.py")
SCRIPTS = files("examples/**/*.py", "benchmarks/**/*.py", "docs/**/*.py")
PAGES = [
    *files("README.md", "CONTRIBUTING.md", "docs/**/*.md"),
    *files("docs/tutorials/*.ipynb", ".github/**/*.yml", "SECURITY.md"),
    *files("CODE_OF_CONDUCT.md", "docs/_static/*.css", "docs/_static/play.js"),
    *files("src/**/*.css", "src/**/*.js", "src/**/*.jinja"),
]
TESTS = [path for path in files("tests/**/*.py") if path.name != Path(__file__).name]

FRAGMENTS = {
    *("Of", "What", "Who", "Whose", "How", "Where", "Which", "By", "To", "As"),
    *("From", "Those", "Whether"),
}
COMPARATIVES = "longer|more|less|better|worse|fewer|larger|smaller|greater|different"
WORDS = {
    r"\bnobody\b": "the noun, such as `no player`, `no device`, `no caller`",
    r"\beverybody\b": "the noun, such as `every player`, `every device`",
    r"\bsomebody\b": "the noun, such as `the user`, `another process`",
    r"\bnewcomers?\b": "`the added player` or `a new user`",
    r"\b(?:is|are) (?:told|asked)\b": "what the code does: receives, passes, calls",
    rf"(?<!here\s)\bis no (?!{COMPARATIVES})": "`is not a ...`",
}
AT_ONCE = {
    r"\bat once\b": "`in one call`, `together`, `at the same time` or `immediately`"
}
STEMS = (
    *("apolog", "author", "binar", "capital", "categor", "character", "custom"),
    *("discret", "emphas", "equal", "factor", "final", "general", "initial", "linear"),
    *("local", "marginal", "maxim", "memor", "minim", "modern", "normal", "optim"),
    *("organ", "parameter", "penal", "priorit", "quant", "random", "real", "recogn"),
    *("regular", "serial", "special", "stabil", "standard", "summar", "symmetr"),
    *("synchron", "synthes", "token", "util", "vector", "visual"),
)
BRITISH = (
    rf"(?:{'|'.join(STEMS)})is(?:e[drs]?|ers|ing|ations?|able)(?![a-z])",
    r"(?:col|fav|behavi|neighb|flav|hon|lab)our",
    r"(?<![a-z])(?:re)?cent(?:re[sd]?|ring)(?![a-z])",
    r"(?<!aria-)(?:label|model|travel|cancel|signal|channel)l(?:ed|ing)(?!by)",
    r"artefact|judgement|catalogue|whilst|amongst|analys(?:ed?|ing)(?![a-z])",
    r"(?<![a-z])grey",
)
SPELLING = {"|".join(BRITISH): "the American spelling"}
OLD_NAMES = {
    r"\bdynamics\.move\b": "dynamics.update",
    r"\b(?:dynamics|advnet)\.inherit\b": "dynamics.transfer",
    r"\bdynamics\.damped\b": "dynamics.scale_updates",
    r"\bdynamics\.member\b": "dynamics.select_member",
    r"\bper_member\b": "dynamics.map_members",
    r"\bgames\.join\b": "games.add_player",
    r"\bgames\.invertible\b": "games.with_inversion",
    r"\bgames\.accumulated\b": "games.accumulate_gradients",
    r"\bplay\.reader\b": "play.pure",
    r"\bplay\.introduce\b": "play.ensure_initialized",
    r"\bplay\.branch\b": "play.fork",
    r"\bplay\.fresh\b": "play.initialized",
    r"\bview\.shown\b": "view.comparison",
    r"\bfit_through\b": "training.fit_with_recovery",
    r"\btraining\.Event\b": "training.Recovery",
    r"\bbatches\.several\b": "batches.stacked",
    r"\bannealed\.(?:bounds|log_likelihood)\b": "evaluation.ais",
    r"\bmanifolds\.fidelity\b": "manifolds.prdc",
    r"\btwo_sample\.classifier\b": "two_sample.c2st",
    r"\bmodes\.different_bins\b": "modes.ndb",
    r"\bdiversity\.birthday\b": "diversity.birthday_paradox",
    r"\bmemorization\.copying\b": "memorization.data_copying",
    r"\b(?:distances\.Measure|imputation\.Error)\b": "evaluation.MetricResult",
}
OLD_FUNCTIONS = {
    "settled": "bind_for_inference",
    "follow": "apply_gradients",
    "respond": "unroll",
    "look": "evaluate_critic",
    "looker": "make_view",
    "featured": "extract_features",
    "as_today": "modern",
    "as_in_2014": "original",
    "deal": "split_microbatches",
    "over_data": "constrain_batch",
}
PARTICIPLES = {
    *("made", "found", "given", "kept", "taken", "drawn", "said", "told", "begun"),
    *("asked", "shown", "seen"),
}
PRONOUNS = {"one", "other", "others", "many", "each", "both"}
BOUNDS = re.compile(r"(?:^|_)(?:MOST|LEAST|WIDEST|FEW|FEWEST)(?:_|$)")
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def phrase_complaints(text, phrases):
    """Look for phrases, also across the end of a line or of a comment's line."""
    for pattern, instead in phrases.items():
        pattern = pattern.replace(" ", r"[\s#]+")
        for match in re.finditer(pattern, text, re.IGNORECASE):
            line = text.count("\n", 0, match.start()) + 1
            yield line, f"{' '.join(match.group().split())!r}: write {instead}"


def docstring_complaints(tree):
    for node in ast.walk(tree):
        if not isinstance(node, (ast.Module, ast.ClassDef, *FUNCTIONS)):
            continue
        text = ast.get_docstring(node)
        if text is None:
            continue
        first, line = text.splitlines()[0], node.body[0].lineno
        if first.split()[0].strip(",") in FRAGMENTS:
            yield line, f"{first!r} is a fragment; start with a verb or a noun"
        if not first.endswith("."):
            yield line, f"{first!r} does not end with a period; write one sentence"
        if re.search(r"(?<!et al)[.?!] [A-Z`]", first):
            yield line, f"{first!r} is two sentences; move the second below"
        if len(first) > 88:
            yield line, f"{first!r} is longer than 88 columns"


def bound_names(tree):
    for node in ast.walk(tree):
        if isinstance(node, FUNCTIONS):
            yield node.lineno, node.name
        elif isinstance(node, ast.arg):
            yield node.lineno, node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.id


def fields_of_comparison(tree):
    """Return the lines of the fields of `Comparison`; its `given` may stay."""
    return {
        field.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and node.name == "Comparison"
        for field in node.body
    }


def name_complaints(tree):
    fields = fields_of_comparison(tree)
    for line, name in bound_names(tree):
        bare = name.strip("_")
        if line in fields:
            continue
        if bare in PARTICIPLES:
            yield line, f"`{name}` is a bare participle; name the thing it holds"
        if bare in PRONOUNS:
            yield line, f"`{name}` is a pronoun; write the noun"
        if BOUNDS.search(name):
            yield line, f"`{name}`: write MAX_... or MIN_..."


def has_result(function):
    """Look for a `return` with a value, without those of inner functions."""
    nodes = list(function.body)
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.Return) and node.value is not None:
            return True
        if not isinstance(node, (*FUNCTIONS, ast.Lambda, ast.ClassDef)):
            nodes.extend(ast.iter_child_nodes(node))
    return False


def function_complaints(tree):
    for node in ast.walk(tree):
        if not isinstance(node, FUNCTIONS):
            continue
        name = node.name.strip("_")
        if name in OLD_FUNCTIONS:
            yield node.lineno, f"`{node.name}`: write `{OLD_FUNCTIONS[name]}`"
        if name.startswith("check_") and has_result(node):
            yield node.lineno, f"`{node.name}` returns a value: write `require_...`"
        if name.startswith("require_") and not has_result(node):
            yield node.lineno, f"`{node.name}` returns nothing: write `check_...`"


def written_text(path):
    """Return the text of a file, of a notebook without the outputs."""
    if path.suffix != ".ipynb":
        return path.read_text()
    return "\n".join(
        "".join(x["source"]) for x in json.loads(path.read_text())["cells"]
    )


def complaints(path):
    """Apply to a file the rules of its kind."""
    text = written_text(path)
    yield from phrase_complaints(text, OLD_NAMES | SPELLING)
    if path in TESTS:
        return
    yield from phrase_complaints(text, WORDS | (AT_ONCE if path in SOURCES else {}))
    if path in PAGES:
        return
    tree = ast.parse(text)
    yield from docstring_complaints(tree)
    yield from name_complaints(tree)
    yield from function_complaints(tree)


@pytest.mark.parametrize(
    "path",
    [*SOURCES, *SCRIPTS, *PAGES, *TESTS],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_language(path):
    place = path.relative_to(ROOT)
    lines = [f"{place}:{line}: {text}" for line, text in sorted(complaints(path))]
    if lines:
        pytest.fail("\n".join(lines), pytrace=False)
