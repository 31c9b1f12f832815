"""Small BPMN files from a few lines: nodes as "kind id name", flows as "source target name"."""

from __future__ import annotations

_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" id="defs" targetNamespace="http://example.org">\n'
)


def a_process(
    nodes: str, flows: str, *, lanes: dict[str, str] | None = None, more: str = "", key: str = "procedure"
) -> bytes:
    """A file with one process. A boundary event is written "boundaryEvent@host id name"; *more* is put in as it is."""
    parts = [_HEAD, f'  <bpmn:process id="{key}" name="投诉处理" isExecutable="true">\n']
    if lanes:
        parts.append('    <bpmn:laneSet id="lanes">\n')
        for lane, members in lanes.items():
            references = "".join(f"<bpmn:flowNodeRef>{node}</bpmn:flowNodeRef>" for node in members.split())
            parts.append(f'      <bpmn:lane id="{lane}" name="{lane}">{references}</bpmn:lane>\n')
        parts.append("    </bpmn:laneSet>\n")
    for line in nodes.strip().splitlines():
        kind, node, name = [*line.split(maxsplit=2), ""][:3]
        kind, _, host = kind.partition("@")
        attached = f' attachedToRef="{host}"' if host else ""
        parts.append(f'    <bpmn:{kind} id="{node}" name="{name}"{attached}/>\n')
    for number, line in enumerate(flows.strip().splitlines()):
        source, target, name = [*line.split(maxsplit=2), ""][:3]
        parts.append(
            f'    <bpmn:sequenceFlow id="f{number}" name="{name}" sourceRef="{source}" targetRef="{target}"/>\n'
        )
    return "".join([*parts, more, "  </bpmn:process>\n</bpmn:definitions>\n"]).encode()


def retail() -> bytes:
    """Four lanes, a loop over a lane border, two over several steps, a timer on a task."""
    return a_process(
        """
        startEvent start 收到顾客投诉
        userTask record 登记投诉信息
        userTask reply 首次答复顾客
        userTask verify 核实投诉内容
        userTask investigate 调查投诉原因
        boundaryEvent@investigate late 超过5个工作日
        exclusiveGateway founded 投诉成立？
        userTask tell 告知调查结果
        endEvent end_no 投诉不成立，关闭
        userTask transfer 填写投诉处理转办单
        userTask solution 制定处理方案
        userTask communicate 与顾客沟通处理方案
        exclusiveGateway agrees 顾客同意？
        userTask execute 执行处理方案
        userTask revisit 回访顾客
        businessRuleTask table 判定回访结果
        exclusiveGateway satisfied 满意度
        userTask again 再次回访
        userTask opinions 整理意见并返回
        endEvent end_yes 投诉关闭
        serviceTask analyse 统计分析投诉
        userTask prevent 制定预防措施
        endEvent filed 已归档
        """,
        """
        start record
        record reply
        reply verify
        verify investigate
        investigate founded
        founded tell 不成立
        tell end_no
        founded transfer 成立
        transfer solution
        solution communicate
        communicate agrees
        agrees solution 不同意
        agrees execute 同意
        execute revisit
        revisit table
        table satisfied
        satisfied again 需再次回访
        again revisit
        satisfied investigate 不满意
        satisfied opinions 满意
        opinions end_yes
        late analyse
        analyse prevent
        prevent filed
        """,
        lanes={
            "service": "start record reply verify tell end_no transfer communicate agrees revisit table satisfied again opinions end_yes",
            "department": "investigate late founded solution",
            "store": "execute",
            "quality": "analyse prevent filed",
        },
    )


def parallel() -> bytes:
    """A parallel block over four lanes, two timers on one task, one of them leading back up."""
    return a_process(
        """
        startEvent s 投诉受理
        userTask r 登记
        parallelGateway gs
        userTask t1 技术鉴定
        userTask t2 出具鉴定报告
        boundaryEvent@t1 b1 24小时未完成
        boundaryEvent@t1 b2 3天未完成
        userTask t3 核算赔付金额
        userTask t4 法律风险评估
        parallelGateway gj
        userTask c 汇总处理意见
        exclusiveGateway x 金额超过5000元？
        endEvent e 结束
        endEvent boss 转总经理审批
        """,
        """
        s r
        r gs
        gs t1
        t1 t2
        t2 gj
        gs t3
        t3 gj
        gs t4
        t4 gj
        gj c
        c x
        x e 否
        x boss 是
        b1 r
        b2 boss
        """,
        lanes={"service": "s r gs gj c e", "technics": "t1 t2 b1 b2", "finance": "t3 x boss", "law": "t4"},
    )


def rounds() -> bytes:
    """No lanes: four ways out of one gateway and into another, a loop, a timer, an event gateway."""
    return a_process(
        """
        startEvent s 开始
        userTask a 受理
        inclusiveGateway g1 需要哪些部门会签？
        userTask b 质量部意见
        userTask c 生产部意见
        userTask d 采购部意见
        userTask e 法务部意见
        inclusiveGateway g2
        exclusiveGateway g3 全部同意？
        userTask f 修改方案
        userTask h 发出答复函
        boundaryEvent@h bt 顾客10日内未回复
        serviceTask i 自动催告
        endEvent x 结案
        endEvent y 已催告
        eventBasedGateway eb 等待顾客
        intermediateCatchEvent m1 收到顾客确认
        intermediateCatchEvent m2 30日期满
        endEvent z 默认结案
        """,
        """
        s a
        a g1
        g1 b 质量问题
        g1 c 生产问题
        g1 d 采购问题
        g1 e 涉及法律责任
        b g2
        c g2
        d g2
        e g2
        g2 g3
        g3 f 否
        f a
        g3 h 是
        h eb
        bt i
        i y
        eb m1
        eb m2
        m1 x
        m2 z
        """,
    )


def with_frames() -> bytes:
    """A subprocess with its inside, one for an event, notes, data, a task with a long name."""
    return a_process(
        """
        startEvent s 投诉受理
        userTask r 首次答复
        exclusiveGateway x 需要升级？
        endEvent e 结束
        endEvent late 转仲裁
        """,
        """
        s r
        x e 否
        """,
        lanes={"service": "s r rr x e", "management": "sp late esp spb"},
        more="""
        <bpmn:textAnnotation id="note1"><bpmn:text>依据制度第4.2条，24小时内首次答复</bpmn:text></bpmn:textAnnotation>
        <bpmn:association id="as1" sourceRef="r" targetRef="note1"/>
        <bpmn:textAnnotation id="note2"><bpmn:text>金额以核算结果为准</bpmn:text></bpmn:textAnnotation>
        <bpmn:association id="as2" sourceRef="x" targetRef="note2"/>
        <bpmn:dataObject id="do1"/>
        <bpmn:dataObjectReference id="dor1" name="投诉登记表" dataObjectRef="do1"/>
        <bpmn:dataStoreReference id="ds1" name="投诉台账"/>
        <bpmn:subProcess id="sp" name="升级处理">
          <bpmn:startEvent id="sp_s"/>
          <bpmn:userTask id="sp_a" name="主管审核"/>
          <bpmn:exclusiveGateway id="sp_g" name="通过？"/>
          <bpmn:endEvent id="sp_e" name="完成"/>
          <bpmn:userTask id="sp_b" name="补充材料"/>
          <bpmn:sequenceFlow id="sp1" sourceRef="sp_s" targetRef="sp_a"/>
          <bpmn:sequenceFlow id="sp2" sourceRef="sp_a" targetRef="sp_g"/>
          <bpmn:sequenceFlow id="sp3" name="是" sourceRef="sp_g" targetRef="sp_e"/>
          <bpmn:sequenceFlow id="sp4" name="否" sourceRef="sp_g" targetRef="sp_b"/>
          <bpmn:sequenceFlow id="sp5" sourceRef="sp_b" targetRef="sp_a"/>
        </bpmn:subProcess>
        <bpmn:boundaryEvent id="spb" name="超过30天" attachedToRef="sp"/>
        <bpmn:sequenceFlow id="q1" sourceRef="x" targetRef="sp" name="是"/>
        <bpmn:sequenceFlow id="q2" sourceRef="sp" targetRef="e"/>
        <bpmn:sequenceFlow id="q3" sourceRef="spb" targetRef="late"/>
        <bpmn:subProcess id="esp" name="顾客撤诉" triggeredByEvent="true">
          <bpmn:startEvent id="es" name="撤诉"/>
          <bpmn:endEvent id="ee" name="终止"/>
          <bpmn:sequenceFlow id="ef" sourceRef="es" targetRef="ee"/>
        </bpmn:subProcess>
        <bpmn:userTask id="rr" name="登记投诉并录入系统，同时核对订单号、商品编码、购买日期及顾客联系方式">
          <bpmn:dataOutputAssociation id="doa"><bpmn:targetRef>dor1</bpmn:targetRef></bpmn:dataOutputAssociation>
          <bpmn:dataOutputAssociation id="dob"><bpmn:targetRef>ds1</bpmn:targetRef></bpmn:dataOutputAssociation>
        </bpmn:userTask>
        <bpmn:sequenceFlow id="q4" sourceRef="r" targetRef="rr"/>
        <bpmn:sequenceFlow id="q5" sourceRef="rr" targetRef="x"/>
        """,
    )


def three_pools() -> bytes:
    """A closed pool for the customer, a pool without lanes, a pool with nested lanes, messages between them."""
    return (
        _HEAD
        + """
  <bpmn:collaboration id="col">
    <bpmn:participant id="customer" name="顾客"/>
    <bpmn:participant id="store" name="门店" processRef="pr1"/>
    <bpmn:participant id="head_office" name="总部" processRef="pr2"/>
    <bpmn:messageFlow id="m1" name="投诉" sourceRef="customer" targetRef="s1"/>
    <bpmn:messageFlow id="m2" name="转办" sourceRef="b1" targetRef="s2"/>
    <bpmn:messageFlow id="m3" name="处理意见" sourceRef="d2" targetRef="w1"/>
    <bpmn:messageFlow id="m4" name="答复" sourceRef="c1" targetRef="customer"/>
  </bpmn:collaboration>
  <bpmn:process id="pr1">
    <bpmn:startEvent id="s1" name="收到投诉"/>
    <bpmn:userTask id="a1" name="登记"/>
    <bpmn:sendTask id="b1" name="报总部"/>
    <bpmn:intermediateCatchEvent id="w1" name="等待意见"/>
    <bpmn:userTask id="c1" name="答复顾客"/>
    <bpmn:endEvent id="e1" name="关闭"/>
    <bpmn:sequenceFlow id="fa" sourceRef="s1" targetRef="a1"/>
    <bpmn:sequenceFlow id="fb" sourceRef="a1" targetRef="b1"/>
    <bpmn:sequenceFlow id="fc" sourceRef="b1" targetRef="w1"/>
    <bpmn:sequenceFlow id="fd" sourceRef="w1" targetRef="c1"/>
    <bpmn:sequenceFlow id="fe" sourceRef="c1" targetRef="e1"/>
  </bpmn:process>
  <bpmn:process id="pr2">
    <bpmn:laneSet id="ls">
      <bpmn:lane id="quality" name="质量部">
        <bpmn:childLaneSet id="cls">
          <bpmn:lane id="test" name="检验"><bpmn:flowNodeRef>s2</bpmn:flowNodeRef><bpmn:flowNodeRef>a2</bpmn:flowNodeRef></bpmn:lane>
          <bpmn:lane id="improve" name="改进"><bpmn:flowNodeRef>g2</bpmn:flowNodeRef></bpmn:lane>
        </bpmn:childLaneSet>
      </bpmn:lane>
      <bpmn:lane id="office" name="客诉办"><bpmn:flowNodeRef>d2</bpmn:flowNodeRef><bpmn:flowNodeRef>e2</bpmn:flowNodeRef></bpmn:lane>
    </bpmn:laneSet>
    <bpmn:startEvent id="s2" name="收到转办"/>
    <bpmn:userTask id="a2" name="检验"/>
    <bpmn:userTask id="g2" name="原因分析"/>
    <bpmn:sendTask id="d2" name="回复意见"/>
    <bpmn:endEvent id="e2" name="完成"/>
    <bpmn:sequenceFlow id="ff" sourceRef="s2" targetRef="a2"/>
    <bpmn:sequenceFlow id="fg" sourceRef="a2" targetRef="g2"/>
    <bpmn:sequenceFlow id="fh" sourceRef="g2" targetRef="d2"/>
    <bpmn:sequenceFlow id="fi" sourceRef="d2" targetRef="e2"/>
  </bpmn:process>
</bpmn:definitions>
"""
    ).encode()
