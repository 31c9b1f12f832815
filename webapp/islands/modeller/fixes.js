// What can be put right by one press because there is only one way: each is one step to undo.

import { is, modelOf } from './editor.js';
import { rename, setDefault } from './fields.js';
import { isDefault } from './kinds.js';
import { operatorOf, own, parameter, propertiesOf, property, quoted, word } from './model.js';

const PROPERTIES = { UserTask: ['form', 'due', 'group', 'guidance'], ScriptTask: ['result'], ServiceTask: ['result'], BusinessRuleTask: ['result'] };

/** @returns {?{label: string, run: function}} the certain way out of a finding, null where somebody has to decide */
export function fixOf(context, finding) {
  const element = finding.element && context.editor.element(finding.element);
  if (!element) return null;
  const model = modelOf(element);
  for (const look of FIXES[finding.rule] ?? []) {
    const found = look(context, element, model);
    if (found) return found;
  }
  return null;
}

const FIXES = {
  'gateway-conditions': [oneWayLeft, conditionInVain],
  'flow-without-condition': [oneWayLeft],
  'condition-is-ignored': [conditionInVain],
  labels: [nameFromForm],
  'task-names': [nameFromForm],
  'known-properties': [unknownProperties],
  'due-deadline': [dangling('due', 'deadlines', 'Remove the deadline')],
  'group-exists': [dangling('group', 'groups', 'Leave it to the group of its lane')],
  'user-task-form': [onlyForm],
  'decision-exists': [onlyDecision],
  'process-exists': [onlyProcess],
  'service-operator': [letterIfSent],
  'lane-group': [groupOfThatName],
  'element-ids': [snakeCase],
  'element-does-not-run': [userTask],
};

/** The gateway has no default and exactly one way without a condition. */
function oneWayLeft({ editor }, element, model) {
  const gateway = is(model, 'bpmn:SequenceFlow') ? model.sourceRef : model;
  if (!gateway.outgoing || gateway.default) return null;
  const open = gateway.outgoing.filter((flow) => !flow.conditionExpression);
  if (open.length !== 1) return null;
  const [flow] = open;
  return { label: 'Take this way when no other fits', run: () => setDefault(editor, editor.element(flow.id), flow, true) };
}

/** The default way, or one behind a gateway that asks nothing, has a condition nobody looks at. */
function conditionInVain({ editor }, element, model) {
  if (!is(model, 'bpmn:SequenceFlow') || !model.conditionExpression) return null;
  const inVain = isDefault(model) || is(model.sourceRef, 'bpmn:ParallelGateway') || is(model.sourceRef, 'bpmn:EventBasedGateway');
  return inVain ? { label: 'Remove the condition', run: () => editor.update(element, { conditionExpression: undefined }) } : null;
}

/** What the step shows has a name already, in the diagram's language: its form's. */
function nameFromForm({ editor, settings }, element, model) {
  if (model.name) return null;
  const name = settings.names.forms[property('form').get(model)]?.[settings.own];
  return name ? { label: 'Call it “{name}”', values: { name }, run: () => editor.update(element, { name }) } : null;
}

function unknownProperties({ editor }, element, model) {
  const known = PROPERTIES[model.$type.replace('bpmn:', '')] ?? [];
  const unknown = propertiesOf(model).map((each) => each.name).filter((name) => !known.includes(name));
  if (!unknown.length) return null;
  return { label: 'Remove what nothing reads', run: () => editor.together(...unknown.map((name) => () => property(name).set(editor, element, model, ''))) };
}

function dangling(name, list, label) {
  return ({ editor, choices }, element, model) => {
    const value = property(name).get(model);
    if (!value || value.startsWith('=') || choices[list].some((each) => each.value === value)) return null;
    return { label, run: () => property(name).set(editor, element, model, '') };
  };
}

/** The procedure has one form that no step shows and that is called like this step. */
function onlyForm({ editor, choices }, element, model) {
  const form = choices.forms.find((each) => each.value === model.id || (model.name && each.label === model.name));
  return form ? { label: 'Use the form “{name}”', values: { name: form.label }, run: () => property('form', { keepEmpty: true }).set(editor, element, model, form.value) } : null;
}

function onlyDecision({ editor, choices }, element, model) {
  if (choices.decisions.length !== 1) return null;
  const [found] = choices.decisions;
  return { label: 'Use the decision table “{name}”', values: { name: found.label }, run: () => word('CalledDecisionId').set(editor, element, model, found.value) };
}

function onlyProcess({ editor, choices }, element, model) {
  if (!is(model, 'bpmn:CallActivity') || choices.procedures.length !== 1) return null;
  const [found] = choices.procedures;
  return { label: 'Call the procedure “{name}”', values: { name: found.label }, run: () => own('calledElement').set(editor, element, model, found.value) };
}

/** A letter is sent, and it does not say to whom. */
function letterIfSent({ editor }, element, model) {
  if (operatorOf(model)?.id !== 'send_letter' || parameter('to').get(model)) return null;
  return { label: 'Send it to the customer', run: () => quoted(parameter('to')).set(editor, element, model, 'customer') };
}

/** The lane of the step is called like one of the company's groups. */
function groupOfThatName({ editor, beside, settings }, element, model) {
  const lanes = editor.elements.filter((each) => is(modelOf(each), 'bpmn:Lane') && modelOf(each).flowNodeRef?.includes(model));
  for (const lane of lanes) {
    const { name } = modelOf(lane);
    const group = Object.keys(settings.names.groups).find((id) => settings.names.groups[id][settings.own] === name);
    if (group && !beside.lane(lane.id)) return { label: 'Give the lane to the group “{name}”', values: { name }, run: () => beside.setLane(lane, group) };
  }
  return null;
}

/** All ids of the diagram that are not snake_case: other programs make them up like that. What is said of them beside it goes along. */
function snakeCase(context) {
  const { editor } = context;
  const IDENTIFIER = /^[a-z][a-z0-9_]*$/;
  const wrong = editor.elements.filter((each) => !each.labelTarget && ['bpmn:FlowNode', 'bpmn:Lane'].some((type) => is(modelOf(each), type)) && !IDENTIFIER.test(each.id));
  if (!wrong.length) return null;
  const { ids } = editor.get('moddle');
  const taken = new Set();
  const fresh = wrong.map((each) => {
    const base = each.id.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '_').toLowerCase().replace(/[^a-z0-9]+/g, '_').replace(/^[^a-z]+/, '').replace(/_+$/, '') || 'step';
    let id = base;
    for (let number = 2; ids.assigned(id) || taken.has(id); number += 1) id = `${base}_${number}`;
    taken.add(id);
    return [each, id];
  });
  return { label: 'Give them plain identifiers', run: () => editor.together(...fresh.map(([each, id]) => () => rename(context, each, id))) };
}

/** A task of no kind is something that somebody does. */
function userTask({ editor }, element, model) {
  if (model.$type !== 'bpmn:Task') return null;
  return { label: 'Make it a user task', run: () => editor.get('bpmnReplace').replaceElement(element, { type: 'bpmn:UserTask' }) };
}
