// What an element is called and what it can have: the words of menus and panel, and the questions the fields ask.

import { is } from './editor.js';
import { eventOf } from './model.js';

const POSITIONS = {
  'bpmn:StartEvent': ['Start event', 'start event'],
  'bpmn:EndEvent': ['End event', 'end event'],
  'bpmn:IntermediateCatchEvent': ['Intermediate catch event', 'intermediate catch event'],
  'bpmn:IntermediateThrowEvent': ['Intermediate throw event', 'intermediate throw event'],
  'bpmn:BoundaryEvent': ['Boundary event', 'boundary event'],
};
const LABELS = {
  'bpmn:UserTask': 'User task', 'bpmn:ManualTask': 'Manual task', 'bpmn:ServiceTask': 'Service task', 'bpmn:ScriptTask': 'Script task',
  'bpmn:BusinessRuleTask': 'Business rule task', 'bpmn:SendTask': 'Send task', 'bpmn:ReceiveTask': 'Receive task', 'bpmn:Task': 'Task',
  'bpmn:CallActivity': 'Call activity', 'bpmn:SubProcess': 'Sub-process', 'bpmn:Transaction': 'Transaction', 'bpmn:AdHocSubProcess': 'Ad-hoc sub-process',
  'bpmn:ExclusiveGateway': 'Exclusive gateway', 'bpmn:ParallelGateway': 'Parallel gateway', 'bpmn:InclusiveGateway': 'Inclusive gateway',
  'bpmn:EventBasedGateway': 'Event-based gateway', 'bpmn:ComplexGateway': 'Complex gateway',
  'bpmn:SequenceFlow': 'Sequence flow', 'bpmn:MessageFlow': 'Message flow', 'bpmn:Association': 'Association',
  'bpmn:DataInputAssociation': 'Association', 'bpmn:DataOutputAssociation': 'Association',
  'bpmn:Participant': 'Pool', 'bpmn:Lane': 'Lane', 'bpmn:Process': 'Process', 'bpmn:Collaboration': 'Diagram',
  'bpmn:DataObjectReference': 'Data object reference', 'bpmn:DataStoreReference': 'Data store reference',
  'bpmn:TextAnnotation': 'Text annotation', 'bpmn:Group': 'Group',
};

export const triggerOf = (model) => eventOf(model)?.$type.replace(/^bpmn:|EventDefinition$/g, '') ?? '';

/** The English name of what the element is. */
export function kindOf(model) {
  const [plain, triggered] = POSITIONS[model.$type] ?? [];
  if (!plain) return model.triggeredByEvent ? 'Event sub-process' : (LABELS[model.$type] ?? 'Other element');
  const trigger = triggerOf(model);
  if (!trigger) return plain;
  const beside = model.cancelActivity === false || model.isInterrupting === false;
  return `${trigger === 'Compensate' ? 'Compensation' : trigger} ${triggered}${beside ? ' (non-interrupting)' : ''}`;
}

const DECIDING = ['bpmn:ExclusiveGateway', 'bpmn:InclusiveGateway'];
const decides = (model) => DECIDING.some((type) => is(model, type));

/** A flow that only some cases take: it leaves a gateway that decides between several ways. */
export const isWay = (model) => is(model, 'bpmn:SequenceFlow') && decides(model.sourceRef) && model.sourceRef.outgoing.length > 1;
export const isDefault = (model) => model.sourceRef?.default === model;

export const isThrowing = (model) => is(model, 'bpmn:ThrowEvent');

const NAMED = ['bpmn:FlowNode', 'bpmn:SequenceFlow', 'bpmn:Lane', 'bpmn:Participant', 'bpmn:Process'];
/** What has names in several languages. */
export const hasNames = (model) => NAMED.some((type) => is(model, type));
/** What carries out clauses. */
export const servesClauses = (model) => is(model, 'bpmn:FlowNode');
