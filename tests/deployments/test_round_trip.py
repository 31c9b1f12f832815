"""A diagram leaves the installation as it came, whatever other modellers have put into it."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from engine.history.chain import Stream
from engine.history.export import CaseRecord, Ran, export_case
from tests.procedures.packages import DIAGRAM, bpmn, changed
from tests.support.site import a_site
from tests.worker.acme import deploy_acme, start, the_case

FOREIGN = """<bpmn:extensionElements>
    <camunda:properties xmlns:camunda='http://camunda.org/schema/1.0/bpmn'><camunda:property name="a"  value='&#xA;'/></camunda:properties>
    <zeebe:taskDefinition xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" type="x" ></zeebe:taskDefinition>
    <!-- signavio --><s:meta xmlns:s="http://www.signavio.com"><![CDATA[<b>&amp;</b>]]></s:meta>
  </bpmn:extensionElements>"""


def a_foreign_diagram() -> bytes:
    """With a byte order mark, lines of Windows, and elements, comments and CDATA nobody here reads."""
    body = changed(DIAGRAM, '<bpmn:startEvent id="start" name="收到投诉"/>', f'<bpmn:startEvent id="start" name="收到投诉">{FOREIGN}</bpmn:startEvent>')  # fmt: skip
    return b"\xef\xbb\xbf" + bpmn(body).replace(b"\n", b"\r\n")


def test_a_diagram_is_stored_and_exported_byte_for_byte(tmp_path: Path) -> None:
    site, content = a_site(tmp_path), a_foreign_diagram()
    deploy_acme(site, complaint=content)
    case = the_case(site, start(site).case_id)

    exported = export_case(
        CaseRecord(
            Stream("acme", case.id, case.number),
            (),
            procedures=(Ran("procedure/", 1, 1, case.deployment.package.files),),
        )
    )

    with zipfile.ZipFile(io.BytesIO(exported)) as archive:
        assert archive.read("procedure/complaint.bpmn") == content
    assert case.deployment.package.diagrams == {"complaint.bpmn": content}
