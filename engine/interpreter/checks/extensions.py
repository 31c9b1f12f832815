"""SpiffWorkflow's own extension elements; those of other modellers are kept and mean nothing here."""

from __future__ import annotations

from lxml import etree

from engine.interpreter.checks.coverage import EXTENSIONS, INSTEAD
from engine.interpreter.checks.sheet import Sheet
from engine.interpreter.checks.xml import BPMN, SPIFF, id_of, local


def check_extensions(sheet: Sheet, node: etree._Element, file: str) -> None:
    for extension in node.iterfind(f"{BPMN}extensionElements/*"):
        if isinstance(extension.tag, str) and extension.tag.startswith(SPIFF) and local(extension) not in EXTENSIONS:
            instead = INSTEAD.get(local(extension), "remove it")
            sheet.refuse(
                "element-does-not-run",
                extension,
                file,
                f"{local(extension)} of {id_of(node)!r} does not run: {instead}.",
            )

    for each in node.iter(f"{SPIFF}property"):
        if not each.get("name") or each.get("value") is None:
            sheet.refuse(
                "property-without-name",
                each,
                file,
                f"A property of {id_of(node)!r} lacks its name or value. Write both.",
            )
