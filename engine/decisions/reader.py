"""Reads DMN 1.2 to 1.5 XML into a model, going on after every mistake so that all are found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final, NamedTuple

from lxml import etree

from engine.decisions.model import (
    ANY_TYPE,
    Aggregation,
    BoxedContext,
    BoxedFilter,
    BoxedFunction,
    BoxedList,
    Conditional,
    Decision,
    DecisionModel,
    DecisionService,
    HitPolicy,
    InputClause,
    InputData,
    Invocation,
    Iteration,
    Knowledge,
    LiteralLogic,
    Logic,
    OutputClause,
    Relation,
    Rule,
    Table,
    Type,
    Typed,
)
from engine.decisions.problems import Problems, id_of, line_of
from engine.decisions.typing import resolved
from engine.feel import Expression, FeelError, UnaryTests, compile_expression, compile_unary_tests
from engine.feel.parsing import NOT_LITERAL, literal_value
from engine.feel.types import NO_TYPES, NamedTypes

#: Characters all expressions of a file may have: they are compiled, and compared cell by cell. The longest of ours
#: have 2,900.
MAX_TEXT: Final = 50_000
#: Rules a table may have. Beyond, nobody reads it and checking it for overlaps takes too long.
MAX_RULES: Final = 500
#: Decisions, inputs, types and names of several words a file may have. The largest of ours has 30.
MAX_NAMED: Final = 300
#: Types inside types, by nesting or by name.
MAX_TYPE_DEPTH: Final = 50

_NAMESPACES: Final = frozenset(
    f"{prefix}www.omg.org/spec/DMN/{version}/MODEL/"
    for prefix in ("http://", "https://")
    for version in ("20180521", "20191111", "20211108", "20230324")
)
#: Elements that are no logic though they stand where logic does.
_NO_LOGIC: Final = frozenset((
    "description", "extensionElements", "question", "allowedAnswers",
    "variable", "informationRequirement", "knowledgeRequirement", "authorityRequirement",
    "supportedObjective", "impactedPerformanceIndicator", "decisionMaker", "decisionOwner",
    "usingProcess", "usingTask", "formalParameter", "parameter",
    "typeRef",
))  # fmt: skip


def read_model(root: etree._Element, problems: Problems) -> DecisionModel:
    """Everything in *root* that can be read; the rest is in *problems*."""
    return _Reader(root, problems).model()


def _tag(element: etree._Element) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def _children(element: etree._Element, *tags: str) -> Iterator[etree._Element]:
    return (child for child in element if _tag(child) in tags)


def _child(element: etree._Element | None, tag: str) -> etree._Element | None:
    return None if element is None else next(_children(element, tag), None)


def _href(element: etree._Element) -> str:
    """The id that *element* refers to."""
    return str(element.get("href") or "").rpartition("#")[2]


def _text(element: etree._Element | None) -> str:
    """The content of the element's ``<text>``."""
    text = _child(element, "text")
    return "".join(str(part) for part in text.itertext()).strip() if text is not None else ""


class _Node(NamedTuple):
    """Something of the requirement graph."""

    name: str
    requires: tuple[str, ...]
    line: int


class _Reader:
    def __init__(self, root: etree._Element, problems: Problems) -> None:
        self._root, self._problems = root, problems
        self._definitions = {str(item.get("name")): item for item in _children(root, "itemDefinition")}
        self._types: dict[str, Type] = {}
        self._depth = 0
        self._names = frozenset(self._all_names())
        self._named_types = NO_TYPES
        self._called = {" ".join(str(item.get("name")).split()) for item in root.iter() if item.get("name")}
        self._mistakes = Problems(problems.file)

    def model(self) -> DecisionModel:
        if etree.QName(self._root).namespace not in _NAMESPACES or _tag(self._root) != "definitions":
            self._problems.error_at(
                "not-dmn", "The file is no DMN 1.2 to 1.5; save it with a modeller of that version.", self._root
            )
            return DecisionModel(self._problems.file, "", {}, {}, {})
        if self._is_too_much():
            return DecisionModel(self._problems.file, "", {}, {}, {})
        defined = {name: self._item_definition(name) for name in self._definitions}
        self._named_types = NamedTypes({name: found.feel for name, found in defined.items() if found})
        model = DecisionModel(
            file=self._problems.file,
            name=str(self._root.get("name") or ""),
            decisions=self._by_id("decision", self._decision),
            inputs=self._by_id("inputData", self._input_data),
            knowledge=self._by_id("businessKnowledgeModel", self._knowledge),
            services=self._by_id("decisionService", self._service),
        )
        model = replace(model, mistakes=tuple(self._mistakes.findings))
        self._check_requirements(model)
        return model

    def _is_too_much(self) -> bool:
        """Whether reading on would take too long, and the author has been told."""
        amounts = (
            (sum(len(_text(element)) for element in self._root.iter(etree.Element)), MAX_TEXT, "text", "characters"),
            (len(self._names) + len(self._root), MAX_NAMED, "named", "definitions and names"),
        )
        for found, most, rule, what in amounts:
            if found > most:
                message = f"The file has {found} {what}, at most {most} are read; divide it."
                self._problems.error_at(f"too-much-{rule}", message, self._root)
        return any(found > most for found, most, *_ in amounts)

    def _by_id(self, tag: str, read: Any) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for element in _children(self._root, tag):
            key = str(element.get("id") or "")
            if not key or key in found:
                self._problems.error_at(
                    "missing-id" if not key else "duplicate-id",
                    f"The {tag} {element.get('name')!r} needs an id of its own, found {key!r}; change it.",
                    element,
                )
                continue
            item = read(element)
            if item is not None:
                found[key] = item
        return found

    def _all_names(self) -> Iterator[str]:
        """Names of several words, and those that can be called: FEEL has to know them before it reads."""
        for element in self._root.iter():
            name = str(element.get("name") or "").strip()
            if not name or isinstance(element.tag, str) is False:
                continue
            if _tag(element) in ("businessKnowledgeModel", "decisionService") or not name.isidentifier():
                yield " ".join(name.split())

    # -- elements --------------------------------------------------------------------------------------------------

    def _input_data(self, element: etree._Element) -> InputData:
        variable = _child(element, "variable")
        return InputData(
            id=str(element.get("id")),
            name=self._variable_name(element),
            type=self._type_of(variable),
            line=line_of(element),
        )

    def _variable_name(self, element: etree._Element) -> str:
        variable = _child(element, "variable")
        named = variable is not None and variable.get("name")
        return " ".join(str(named or element.get("name") or element.get("id")).split())

    def _decision(self, element: etree._Element) -> Decision | None:
        logic = self._logic_in(element)
        if logic is None:
            self._problems.error_at(
                "decision-without-logic",
                f"The decision {element.get('name')!r} has no table and no expression; add one.",
                element,
            )
            return None
        return Decision(
            id=str(element.get("id")),
            name=str(element.get("name") or element.get("id")),
            variable=self._variable_name(element),
            logic=logic,
            requires=self._requirements(element),
            line=line_of(element),
            type=self._type_of(_child(element, "variable")),
        )

    def _knowledge(self, element: etree._Element) -> Knowledge | None:
        encapsulated = _child(element, "encapsulatedLogic")
        function = self._function(encapsulated) if encapsulated is not None else None
        if function is None:
            self._problems.error_at(
                "decision-without-logic", f"The knowledge model {element.get('name')!r} has no logic; add it.", element
            )
            return None
        return Knowledge(
            id=str(element.get("id")),
            name=self._variable_name(element),
            function=function,
            requires=self._requirements(element),
            line=line_of(element),
            type=self._result_type(element),
        )

    def _service(self, element: etree._Element) -> DecisionService:
        def ids(tag: str) -> tuple[str, ...]:
            return tuple(_href(child) for child in _children(element, tag))

        return DecisionService(
            id=str(element.get("id")),
            name=self._variable_name(element),
            inputs=(*ids("inputData"), *ids("inputDecision")),
            outputs=ids("outputDecision"),
            line=line_of(element),
            type=self._result_type(element),
        )

    def _result_type(self, element: etree._Element) -> Type:
        """What the function *element* gives: its variable has the type of the function, or of the result alone."""
        found = self._type_of(_child(element, "variable"))
        return found if found.name != "function" else found.result or ANY_TYPE

    def _requirements(self, element: etree._Element) -> tuple[str, ...]:
        return tuple(
            _href(reference)
            for requirement in _children(element, "informationRequirement", "knowledgeRequirement")
            for reference in _children(requirement, "requiredDecision", "requiredInput", "requiredKnowledge")
        )

    def _check_requirements(self, model: DecisionModel) -> None:
        nodes = {
            **{key: _Node(one.name, one.requires, one.line) for key, one in model.decisions.items()},
            **{key: _Node(one.name, one.requires, one.line) for key, one in model.knowledge.items()},
            **{key: _Node(one.name, (*one.inputs, *one.outputs), one.line) for key, one in model.services.items()},
        }
        known = {str(element.get("id")) for element in self._root if element.get("id")}
        for key, node in nodes.items():
            for required in node.requires:
                if required not in known:
                    self._problems.error(
                        "requirement-missing",
                        f"{node.name!r} requires {required!r}, which the file lacks; remove the arrow or add it.",
                        line=node.line,
                        element=key,
                    )
        for key, service in model.services.items():
            for required in (*service.inputs, *service.outputs):
                if required in known and required not in model.decisions and required not in model.inputs:
                    self._problems.error(
                        "requirement-missing",
                        f"{service.name!r} names {required!r}, which is no decision and no input; remove it.",
                        line=service.line,
                        element=key,
                    )
        for key in _in_cycles({key: node.requires for key, node in nodes.items()}):
            self._problems.error(
                "requirement-cycle",
                f"{nodes[key].name!r} requires itself, directly or through others; remove one arrow of the circle.",
                line=nodes[key].line,
                element=key,
            )

    # -- types -----------------------------------------------------------------------------------------------------

    def _type_of(self, element: etree._Element | None, name: str | None = None) -> Type:
        name = name or (None if element is None else element.get("typeRef"))
        found = resolved(name, self._item_definition)
        if found is None:
            assert element is not None
            self._problems.error_at(
                "unknown-type", f"The type {name!r} is not defined; use string, number, boolean, date …", element
            )
            return Type("Any")
        return found

    def _item_definition(self, name: str) -> Type | None:
        if name not in self._types and name in self._definitions:
            # A type may contain itself; inside, it is anything.
            self._types[name] = Type("Any")
            self._types[name] = self._defined(self._definitions[name])
        return self._types.get(name)

    def _defined(self, definition: etree._Element) -> Type:
        if self._depth == MAX_TYPE_DEPTH:
            message = f"Types lie more than {MAX_TYPE_DEPTH} deep in each other here; nest them less."
            self._problems.error_at("type-too-deep", message, definition)
            return Type("Any")
        self._depth += 1
        try:
            return self._described(definition)
        finally:
            self._depth -= 1

    def _described(self, definition: etree._Element) -> Type:
        reference = _child(definition, "typeRef")
        fields = {
            " ".join(str(part.get("name")).split()): self._defined(part)
            for part in _children(definition, "itemComponent")
        }
        base = Type("context" if fields else "Any")
        if reference is not None:
            base = self._type_of(reference, str(reference.text or "").strip())
        if (function := _child(definition, "functionItem")) is not None:
            name = function.get("outputTypeRef")
            return Type("function", result=self._type_of(function, str(name)) if name else None)
        allowed = self._tests(_child(definition, "allowedValues"))
        return Type(
            name=base.name,
            collection=definition.get("isCollection") == "true" or base.collection,
            allowed=allowed or base.allowed,
            fields=fields or base.fields,
            constraint=self._tests(_child(definition, "typeConstraint")) or base.constraint,
            result=base.result,
        )

    # -- expressions -----------------------------------------------------------------------------------------------

    def _tests(self, element: etree._Element | None) -> UnaryTests | None:
        if element is None or not _text(element):
            return None
        return self._cell(element)

    def _cell(self, element: etree._Element) -> UnaryTests | None:
        try:
            compiled = compile_unary_tests(_text(element), names=self._names)
        except FeelError as error:
            self._unreadable(element, error)
            return None
        self._note(element, compiled.mistakes)
        return compiled

    def _expression(self, element: etree._Element | None, around: etree._Element) -> Expression | None:
        if element is None or not _text(element):
            self._problems.error_at("missing-expression", "An expression is empty; write FEEL or null.", around)
            return None
        language = str(element.get("expressionLanguage") or "FEEL").rstrip("/")
        if not language.upper().endswith("FEEL"):
            self._problems.error_at(
                "foreign-language", f"The expression is written in {language}; write it in FEEL.", element
            )
            return None
        try:
            compiled = compile_expression(_text(element), names=self._names, types=self._named_types)
        except FeelError as error:
            self._unreadable(element, error)
            return None
        self._note(element, compiled.mistakes)
        return compiled

    def _note(self, element: etree._Element, mistakes: tuple[FeelError, ...]) -> None:
        """Keep the *mistakes* for publishing, but for calls of what the file does define."""
        for mistake in mistakes:
            if mistake.found not in self._called:
                self._mistakes.error_at(
                    mistake.reason,
                    f"The expression {_text(element)!r} can only be null: {mistake}",
                    element,
                    expression=_text(element),
                    expected=mistake.expected,
                    found=mistake.found,
                    suggestion=mistake.suggestion,
                )

    def _unreadable(self, element: etree._Element, error: FeelError) -> None:
        self._problems.error_at(
            "unreadable-expression",
            f"The expression {_text(element)!r} cannot be read: {error}",
            element,
            expression=_text(element),
            expected=error.expected,
            found=error.found,
            suggestion=error.suggestion,
        )

    # -- logic -----------------------------------------------------------------------------------------------------

    def _logic_in(self, element: etree._Element | None) -> Logic | None:
        """The one boxed expression among the children of *element*."""
        if element is None:
            return None
        logic = next((child for child in element if _tag(child) and _tag(child) not in _NO_LOGIC), None)
        return None if logic is None else self._logic(logic)

    def _logic(self, element: etree._Element) -> Logic | None:
        logic = self._untyped_logic(element)
        wanted = self._type_of(element)
        return logic if logic is None or isinstance(logic, Table) or wanted == ANY_TYPE else Typed(logic, wanted)

    def _untyped_logic(self, element: etree._Element) -> Logic | None:
        match _tag(element):
            case "decisionTable":
                return self._table(element)
            case "literalExpression":
                expression = self._expression(element, element)
                return LiteralLogic(expression or compile_expression("null"))
            case "invocation":
                return self._invocation(element)
            case "context":
                return self._context(element)
            case "functionDefinition":
                return self._function(element)
            case "list":
                return BoxedList(self._logics(element))
            case "relation":
                return self._relation(element)
            case "conditional":
                return self._conditional(element)
            case "for" | "some" | "every":
                return self._iteration(element)
            case "filter":
                return self._boxed_filter(element)
            case other:
                self._problems.error_at(
                    "unknown-logic",
                    f"The boxed expression <{other}> is not executed here; write a FEEL expression.",
                    element,
                )
                return LiteralLogic(compile_expression("null"))

    def _logics(self, element: etree._Element) -> tuple[Logic, ...]:
        """All boxed expressions among the children of *element*, in order."""
        found = (self._logic(child) for child in element if _tag(child) and _tag(child) not in _NO_LOGIC)
        return tuple(logic for logic in found if logic is not None)

    def _invocation(self, element: etree._Element) -> Logic | None:
        called = _child(element, "literalExpression")
        function = self._expression(called, element)
        arguments = []
        for binding in _children(element, "binding"):
            parameter = _child(binding, "parameter")
            value = self._logic_in(binding)
            if parameter is not None and value is not None:
                arguments.append((str(parameter.get("name")), value))
        return None if function is None else Invocation(function, tuple(arguments))

    def _context(self, element: etree._Element) -> Logic:
        entries = []
        for entry in _children(element, "contextEntry"):
            variable = _child(entry, "variable")
            value = self._logic_in(entry)
            wanted = self._type_of(variable)
            if value is not None:
                name = "" if variable is None else " ".join(str(variable.get("name")).split())
                entries.append((name, value if wanted == ANY_TYPE else Typed(value, wanted)))
        return BoxedContext(tuple(entries))

    def _function(self, element: etree._Element) -> BoxedFunction | None:
        if element.get("kind") not in (None, "FEEL"):
            self._problems.error_at(
                "foreign-language", f"A function of kind {element.get('kind')} is not run; write it in FEEL.", element
            )
            return None
        body = self._logic_in(element)
        parameters = tuple(
            (" ".join(str(item.get("name")).split()), self._type_of(item))
            for item in _children(element, "formalParameter")
        )
        return None if body is None else BoxedFunction(parameters, body)

    def _relation(self, element: etree._Element) -> Logic:
        columns = tuple(str(column.get("name")) for column in _children(element, "column"))
        rows = tuple(self._logics(row) for row in _children(element, "row"))
        for row, source in zip(rows, _children(element, "row"), strict=True):
            if len(row) != len(columns):
                self._problems.error_at(
                    "wrong-number-of-cells", f"The row has {len(row)} of {len(columns)} cells; complete it.", source
                )
        return Relation(columns, rows)

    def _conditional(self, element: etree._Element) -> Logic | None:
        condition, then, otherwise = (self._logic_in(_child(element, tag)) for tag in ("if", "then", "else"))
        if condition is None or then is None or otherwise is None:
            self._problems.error_at("missing-expression", "A conditional needs if, then and else.", element)
            return None
        return Conditional(condition, then, otherwise)

    def _iteration(self, element: etree._Element) -> Logic | None:
        kind = _tag(element)
        source, body = (
            self._logic_in(_child(element, tag)) for tag in ("in", "return" if kind == "for" else "satisfies")
        )
        if source is None or body is None:
            self._problems.error_at(
                "missing-expression", f"A boxed {kind} needs what it goes through and a body.", element
            )
            return None
        variable = " ".join(str(element.get("iteratorVariable") or "").split())
        return Iteration(kind, variable, source, body, sees_partial="partial" in "".join(map(str, element.itertext())))

    def _boxed_filter(self, element: etree._Element) -> Logic | None:
        source, match = (self._logic_in(_child(element, tag)) for tag in ("in", "match"))
        if source is None or match is None:
            self._problems.error_at("missing-expression", "A boxed filter needs in and match.", element)
            return None
        return BoxedFilter(source, match)

    # -- tables ----------------------------------------------------------------------------------------------------

    def _table(self, element: etree._Element) -> Table:
        inputs = tuple(filter(None, (self._input(child) for child in _children(element, "input"))))
        outputs = tuple(self._output(child, element) for child in _children(element, "output"))
        rules = tuple(_children(element, "rule"))
        columns = len(list(_children(element, "input")))
        if not outputs:
            self._problems.error_at("missing-output", "The table has no output column; add one.", element)
        if len(rules) > MAX_RULES:
            self._problems.error_at(
                "too-many-rules", f"The table has {len(rules)} rules, at most {MAX_RULES} are run; divide it.", element
            )
            rules = rules[:MAX_RULES]
        return Table(
            id=id_of(element),
            line=line_of(element),
            policy=self._policy(element),
            aggregation=self._aggregation(element, len(outputs)),
            inputs=inputs,
            outputs=outputs,
            rules=tuple(self._rule(rule, number, columns, outputs) for number, rule in enumerate(rules, 1)),
        )

    def _policy(self, element: etree._Element) -> HitPolicy:
        written = str(element.get("hitPolicy") or "UNIQUE")
        if written in list(HitPolicy):
            return HitPolicy(written)
        self._problems.error_at(
            "unknown-hit-policy", f"The hit policy {written!r} is unknown; use one of {', '.join(HitPolicy)}.", element
        )
        return HitPolicy.UNIQUE

    def _aggregation(self, element: etree._Element, outputs: int) -> Aggregation:
        written = str(element.get("aggregation") or "")
        if written not in list(Aggregation) or (written and outputs > 1):
            self._problems.error_at(
                "unknown-hit-policy",
                f"The aggregation {written!r} is unknown or has several outputs; "
                "use SUM, MIN, MAX or COUNT of one output.",
                element,
            )
            return Aggregation.NONE
        return Aggregation(written)

    def _input(self, element: etree._Element) -> InputClause | None:
        source = _child(element, "inputExpression")
        expression = self._expression(source, element)
        if expression is None or source is None:
            return None
        found = self._type_of(source) if source.get("typeRef") else self._type_of_name(expression.source)
        return InputClause(
            id=id_of(element),
            line=line_of(element),
            label=str(element.get("label") or expression.source),
            expression=expression,
            type=found,
            allowed=self._tests(_child(element, "inputValues")) or found.allowed,
        )

    def _type_of_name(self, source: str) -> Type:
        """The type of the input data that *source* names, Any if it is something else."""
        for element in _children(self._root, "inputData", "decision"):
            if self._variable_name(element) == source:
                return self._type_of(_child(element, "variable"))
        return Type("Any")

    def _output(self, element: etree._Element, table: etree._Element) -> OutputClause:
        found = self._type_of(element)
        allowed = self._tests(_child(element, "outputValues")) or found.allowed
        default = _child(element, "defaultOutputEntry")
        decision = table.getparent()
        fallback = self._variable_name(decision) if decision is not None else "result"
        return OutputClause(
            id=id_of(element),
            line=line_of(element),
            name=str(element.get("name") or fallback),
            type=found,
            allowed=allowed,
            order=tuple(_literals(allowed)),
            default=None if default is None else self._expression(default, element),
        )

    def _rule(self, element: etree._Element, number: int, inputs: int, outputs: tuple[OutputClause, ...]) -> Rule:
        cells = tuple(_children(element, "inputEntry"))
        results = tuple(_children(element, "outputEntry"))
        if len(cells) != inputs or len(results) != len(outputs):
            self._problems.error_at(
                "wrong-number-of-cells",
                f"Rule {number} has {len(cells)} input and {len(results)} output cells, the table has {inputs} and "
                f"{len(outputs)} columns; make them equal.",
                element,
                rule_number=str(number),
            )
        read = tuple(self._cell(cell) for cell in cells[:inputs])
        return Rule(
            number=number,
            id=id_of(element),
            line=line_of(element),
            cells=read,
            conditions=tuple((index, cell) for index, cell in enumerate(read) if cell is not None and cell.tree.tests),
            outputs=tuple(self._result(cell, number) for cell in results[: len(outputs)]),
            cell_ids=tuple(id_of(cell) for cell in (*cells[:inputs], *results[: len(outputs)])),
            description=next(((child.text or "").strip() for child in _children(element, "description")), ""),
        )

    def _result(self, cell: etree._Element, number: int) -> Expression | None:
        if not _text(cell):
            self._problems.error_at(
                "missing-output",
                f"Rule {number} has an empty output; write a value or null.",
                cell,
                rule_number=str(number),
            )
            return None
        return self._expression(cell, cell)


def _literals(tests: UnaryTests | None) -> Iterator[Any]:
    for test in tests.tree.tests if tests is not None and not tests.tree.negated else ():
        value = literal_value(test)
        if value is not NOT_LITERAL:
            yield value


def _in_cycles(edges: dict[str, tuple[str, ...]]) -> Iterator[str]:
    """Nodes from which a way leads back to themselves."""
    for start, required in edges.items():
        waiting, seen = list(required), set[str]()
        while waiting:
            node = waiting.pop()
            if node == start:
                yield start
                break
            if node not in seen:
                seen.add(node)
                waiting.extend(edges.get(node, ()))
