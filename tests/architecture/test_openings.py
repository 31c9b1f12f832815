"""Where Python code or pickles could be run: nowhere in our own code, and in packages only where a reason is known.

A package that is updated and brings a new place fails here: read it, see to it that nothing from outside gets there, and
say why in ``KNOWN``.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Final

from packaging.utils import canonicalize_name

from tests.support.supply import LOCK, ROOT, pinned

#: Package -> file -> why nothing from outside gets there.
KNOWN: Final = {
    "alembic": {
        "alembic/operations/base.py": "writes the functions of its own operations when it is imported",
        "alembic/util/langhelpers.py": "as above",
    },
    "babel": {
        "babel/core.py": "reads data that comes inside the package",
        "babel/localedata.py": "as above",
        "babel/plural.py": "its own rules of plurals, made from the catalogues that come with us",
    },
    "cffi": {
        "cffi/_cffi_gen_src.py": "builds extensions, which nobody does at run time",
        "cffi/recompiler.py": "as above",
        "cffi/setuptools_ext.py": "as above",
    },
    "cssselect2": {
        "cssselect2/compiler.py": "compiles selectors of the style sheets that are ours; WeasyPrint gets none from outside (webapp/paper.py)"
    },
    "dbos": {"dbos/_serialization.py": "closed by engine/jobs/dbos_adapter.py, which refuses every pickle"},
    "flask": {
        "flask/cli.py": "the command line of Flask, which we do not use",
        "flask/config.py": "from_pyfile, which we do not call",
    },
    "fonttools": {
        "fontTools/misc/symfont.py": "makes fonts",
        "fontTools/ttLib/tables/otBase.py": "reads fonts as XML; WeasyPrint subsets installed fonts, which are binary",
        "fontTools/ttLib/tables/otConverters.py": "as above",
        "fontTools/ttLib/tables/otTables.py": "as above",
    },
    "jinja2": {
        "jinja2/bccache.py": "compiled templates in a folder of the environment; none is configured",
        "jinja2/debug.py": "makes tracebacks of our own templates",
        "jinja2/environment.py": "our own templates; companies write Liquid",
    },
    "mako": {
        "mako/codegen.py": "templates of Alembic for new migrations, which nobody makes at run time",
        "mako/template.py": "as above",
    },
    "pillow": {"PIL/ImageMath.py": "unsafe_eval, which nobody calls"},
    "prometheus-client": {
        "prometheus_client/decorator.py": "writes decorators from the signature of our own functions"
    },
    "pydantic": {
        "pydantic/deprecated/parse.py": "parse_raw with allow_pickle, which we do not call",
        "pydantic/v1/parse.py": "as above",
        "pydantic/v1/utils.py": "the old version inside the package, which we do not import",
    },
    "six": {"six.py": "exec_ for Python 2"},
    "spiffworkflow": {
        "SpiffWorkflow/bpmn/script_engine/python_environment.py": "Python in diagrams: engine/interpreter puts FEEL in its place",
        "SpiffWorkflow/bpmn/serializer/migration/version_1_2.py": "states of old versions; engine/interpreter has a codec of its own",
        "SpiffWorkflow/serializer/dict.py": "as above",
        "SpiffWorkflow/specs/Transform.py": "a task of its own XML, which no BPMN makes",
    },
    "sqlalchemy": {
        "sqlalchemy/ext/serializer.py": "an extension we do not import",
        "sqlalchemy/orm/clsregistry.py": "the ORM, which we do not use",
        "sqlalchemy/sql/lambdas.py": "lambda statements, which we do not use",
        "sqlalchemy/testing/plugin/pytestplugin.py": "its own tests",
        "sqlalchemy/util/langhelpers.py": "writes its own methods when it is imported",
        "sqlalchemy/util/typing.py": "annotations of the ORM, which we do not use",
    },
    "typing-extensions": {"typing_extensions.py": "annotations of our own code"},
    "typing-inspection": {"typing_inspection/typing_objects.py": "writes its own functions when it is imported"},
    "werkzeug": {
        "werkzeug/debug/console.py": "the debugger, which nothing switches on",
        "werkzeug/routing/rules.py": "writes functions from our own routes",
    },
}
_NAMES: Final = frozenset({"eval", "exec", "Unpickler", "unsafe_load", "full_load"})
_CALLS: Final = frozenset({
    ("pickle", "load"), ("pickle", "loads"), ("pickle", "Unpickler"), ("cPickle", "loads"), ("marshal", "load"), ("marshal", "loads"),
    ("shelve", "open"), ("dill", "loads"), ("cloudpickle", "loads"), ("yaml", "unsafe_load"), ("yaml", "full_load"),
    ("builtins", "eval"), ("builtins", "exec"),
})  # fmt: skip
#: A glance, so that only files in which one of the words stands are parsed.
_GLANCE: Final = re.compile(
    rb"\b(?:eval|exec|Unpickler|unsafe_load|full_load)\(|\b(?:c?[pP]ickle|marshal|shelve|dill)\.[a-zU]"
)
#: Not installed on every machine.
_ELSEWHERE: Final = frozenset({"brotlicffi", "colorama", "tzdata", "pysqlite3"})


def test_our_own_code_runs_no_python_and_reads_no_pickle() -> None:
    found = [
        str(path.relative_to(ROOT))
        for folder in ("engine", "webapp")
        for path in (ROOT / folder).rglob("*.py")
        if opens(path)
    ]

    assert found == []


def test_every_place_in_a_package_that_could_run_code_is_known_with_its_reason() -> None:
    found = {
        name: files for name in pinned(LOCK.read_text("utf-8")) if (files := sorted(_openings(canonicalize_name(name))))
    }

    assert {name: sorted(files) for name, files in KNOWN.items()} == found
    assert all(reason for files in KNOWN.values() for reason in files.values())


def opens(path: Path) -> bool:
    """Whether the file calls something that runs code out of data."""
    content = path.read_bytes()
    return bool(_GLANCE.search(content)) and any(_is_opening(node) for node in ast.walk(ast.parse(content)))


def _is_opening(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    called = node.func
    if isinstance(called, ast.Name):
        return called.id in _NAMES
    return (
        isinstance(called, ast.Attribute)
        and isinstance(called.value, ast.Name)
        and (called.value.id, called.attr) in _CALLS
    )


def _openings(name: str) -> Iterator[str]:
    try:
        distribution = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        assert name in _ELSEWHERE, f"expected {name} of the lock to be installed"
        return
    for file in distribution.files or ():
        if file.suffix == ".py" and "tests" not in file.parts and not file.parts[0].startswith("."):
            try:
                found = opens(Path(str(distribution.locate_file(file))))
            except SyntaxError:  # a template for code
                continue
            if found:
                yield str(file)
