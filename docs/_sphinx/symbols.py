"""The public symbols of advnet, each with the one place where it is documented."""

import importlib
import inspect
import pkgutil
import sys
from typing import NamedTuple

from sphinx.pycode import ModuleAnalyzer

import advnet


class Symbol(NamedTuple):
    """Public name of a module: `kind` is function, class, data, module or alias.

    `target` is the full name under which the reference describes the value. For an
    alias it differs from `module.name`.
    """

    module: str
    name: str
    kind: str
    target: str
    text: str


def module_names():
    """Return the names of the public modules."""
    walk = pkgutil.walk_packages(advnet.__path__, "advnet.")
    names = [module.name for module in walk]
    return ["advnet"] + [
        name for name in names if not any(x.startswith("_") for x in name.split("."))
    ]


def kind_of(value):
    """Return the kind of a public value."""
    for kind in ("module", "class", "function"):
        if getattr(inspect, f"is{kind}")(value):
            return kind
    return "data"


def data_text(module, name):
    """Return the documentation below the assignment of a constant, or ""."""
    is_package = hasattr(sys.modules[module], "__path__")
    package = module if is_package else module.rpartition(".")[0]
    private = sorted(name for name in sys.modules if name.startswith(f"{package}._"))
    candidates = [module, *private]
    for candidate in candidates:
        docs = ModuleAnalyzer.for_module(candidate).find_attr_docs()
        if ("", name) in docs:
            return "\n".join(docs["", name]).strip()
    return ""


def public_symbols():
    """Return all public symbols; the deepest module that exports a value owns it."""
    targets = {}
    modules = {name: importlib.import_module(name) for name in module_names()}
    for name in sorted(modules, key=lambda name: (-name.count("."), name)):
        for attribute in modules[name].__all__:
            value = getattr(modules[name], attribute)
            path = f"{name}.{attribute}"
            target = value.__name__ if inspect.ismodule(value) else path
            targets.setdefault(id(value), target)
    symbols = []
    for name, module in modules.items():
        for attribute in sorted(module.__all__):
            value = getattr(module, attribute)
            kind, target = kind_of(value), targets[id(value)]
            if target != f"{name}.{attribute}":
                kind = "alias"
            is_data = kind == "data"
            text = data_text(name, attribute) if is_data else inspect.getdoc(value)
            symbols.append(Symbol(name, attribute, kind, target, text or ""))
    return symbols


def undocumented(symbols):
    """Return the full names of symbols without documentation."""
    return [
        f"{symbol.module}.{symbol.name}"
        for symbol in symbols
        if symbol.kind != "alias" and not symbol.text
    ]


def private_names(symbols):
    """Map the private full names of classes and functions to the public ones."""
    names = {}
    for symbol in symbols:
        if symbol.kind in ("function", "class"):
            value = getattr(sys.modules[symbol.module], symbol.name)
            names[f"{value.__module__}.{value.__qualname__}"] = symbol.target
    return names
