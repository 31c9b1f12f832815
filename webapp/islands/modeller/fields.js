// What the panel asks about an element: a table by kind. What an element cannot have is not asked.

import { is, processOf } from './editor.js';
import { eventOf, documentation, drawn, expression, loopOf, named, operatorOf, own, parameter, parametersOf, property, quoted, reference, setOperator, timerKind, timerText, word } from './model.js';
import { dataNamed } from './names.js';
import { hasNames, isDefault, isThrowing, isWay, servesClauses, triggerOf } from './kinds.js';

const IDENTIFIER = /^[a-z][a-z0-9_]*$/;
const SERVICES = [
  { value: 'send_letter', label: 'Send a letter' },
  { value: 'count_cases', label: 'Count earlier cases' },
  { value: 'case_statistics', label: 'Figures of all cases' },
];
const own_text = own('text');

/**
 * The groups of fields for one element.
 *
 * @param {Context} context editor, words, choices, beside, settings
 * @returns {{id: string, label: string, fields: Object[]}[]}
 */
export function groupsOf(context, element, model) {
  const groups = [general(context, element, model), work(context, model), decision(context, model), service(context, model), script(model), condition(context, model),
    called(context, model), time(context, model), trigger(context, model), repetition(context, model), lane(context, element, model), clauses(model), notes(model), comments(element)];
  return groups.filter((group) => group?.fields.length);
}

function general(context, element, model) {
  const { settings, beside } = context;
  const fields = [];
  if (is(model, 'bpmn:TextAnnotation')) fields.push({ id: 'text', kind: 'area', label: 'Text', at: { get: own_text.get, set: (editor, shape, _, value) => editor.update(shape, { text: value }) } });
  else if ('name' in model || hasNames(model)) fields.push({ id: 'name', kind: 'area', label: 'Name', language: settings.own, at: drawn('name') });
  if (hasNames(model)) {
    const owner = is(model, 'bpmn:Participant') ? processOf(model) : model;
    for (const language of owner ? settings.languages.filter((each) => each !== settings.own) : []) {
      fields.push({ id: `name-${language}`, kind: 'text', label: 'Name', language, at: {
        get: () => beside.name(language, owner.id),
        set: (editor, shape, _, value) => beside.setName(language, { ...shape, id: owner.id }, value),
      } });
    }
  }
  fields.push({ id: 'id', kind: 'text', label: 'Identifier', mono: true, at: { get: () => model.id, set: (...given) => rename(context, given[1], given[3]) }, refuse: (value) => refusedId(context, model, value) });
  return { id: 'general', label: 'General', fields };
}

function refusedId({ editor }, model, value) {
  if (!IDENTIFIER.test(value)) return 'Small English letters, digits and _ only, beginning with a letter';
  const other = editor.get('moddle').ids.assigned(value);
  return other && other !== model ? 'Something else in this diagram has this identifier' : '';
}

/** A new id, and everything beside the diagram that named the old one. */
export function rename({ editor, beside, settings }, element, value) {
  const before = element.id;
  const names = settings.languages.map((language) => [language, beside.name(language, before)]).filter(([, name]) => name);
  const linked = beside.clausesOf(before);
  const group = beside.lane(before);
  editor.together(
    () => editor.update(element, { id: value }),
    ...names.flatMap(([language, name]) => [() => beside.setName(language, { id: before }, ''), () => beside.setName(language, { id: value }, name)]),
    ...linked.map(({ number }) => () => beside.set('clauses.toml', 'clause', number, 'element', beside.clauses()[number].elements.map((each) => (each === before ? value : each)))),
    ...(group ? [() => beside.setLane({ id: before }, ''), () => beside.setLane({ id: value }, group)] : []),
  );
}

function work({ choices, beside, settings }, model) {
  if (!is(model, 'bpmn:UserTask')) return null;
  const key = property('guidance').get(model);
  const guidance = settings.languages.map((language) => ({
    id: `guidance-${language}`, kind: 'area', label: 'Guidance', language,
    at: {
      get: () => (key ? beside.guidance(language, key) : ''),
      set: (editor, element, _, value) => editor.together(
        ...(key ? [] : [() => property('guidance').set(editor, element, model, model.id)]),
        () => beside.set(`texts/${language}.toml`, 'guidance', 0, key || model.id, value || undefined, [element]),
      ),
    },
  }));
  const form = property('form', { keepEmpty: true });
  return { id: 'work', label: 'Work', fields: [
    { id: 'form', kind: 'choice', label: 'Form', options: [{ value: '', label: 'No form: it is only confirmed', say: true }, ...choices.forms], unset: 'Choose a form', at: form, beside: form.get(model) && `${settings.forms}${form.get(model)}` },
    { id: 'group', kind: 'choice', label: 'Group', options: choices.groups, unset: 'The group of its lane', orExpression: true, at: property('group') },
    { id: 'due', kind: 'choice', label: 'Deadline', options: choices.deadlines, unset: 'No deadline', orExpression: true, at: property('due') },
    { id: 'dates', kind: 'dates', deadline: () => property('due').get(model) },
    ...guidance,
  ] };
}

function decision({ choices }, model) {
  if (!is(model, 'bpmn:BusinessRuleTask')) return null;
  return { id: 'decision', label: 'Decision', fields: [
    { id: 'decision', kind: 'choice', label: 'Decision table', options: choices.decisions, unset: 'Choose a decision table', at: word('CalledDecisionId') },
    { id: 'result', kind: 'text', label: 'Kept under this name', mono: true, at: property('result') },
  ] };
}

function service({ choices }, model) {
  if (!is(model, 'bpmn:ServiceTask')) return null;
  const asked = operatorOf(model)?.id ?? '';
  const operator = { get: () => asked, set: (editor, element, _, value) => setOperator(editor, element, model, value, value === asked ? parametersOf(model) : []) };
  const fields = [{ id: 'operator', kind: 'choice', label: 'Service', options: SERVICES.map((each) => ({ ...each, say: true })), unset: 'Choose a service', at: operator }];
  if (asked === 'send_letter') {
    fields.push(
      { id: 'letter', kind: 'choice', label: 'Letter', options: choices.letters, unset: 'Choose a letter', orExpression: true, at: quoted(parameter('letter')) },
      { id: 'to', kind: 'choice', label: 'Goes to', options: [{ value: 'customer', label: 'The customer', say: true }, ...choices.groups], unset: 'Choose who gets it', orExpression: true, at: quoted(parameter('to')) },
    );
    for (const { id } of parametersOf(model)) {
      if (id !== 'letter' && id !== 'to') fields.push({ id: `parameter-${id}`, kind: 'text', title: id, mono: true, at: parameter(id) });
    }
  }
  if (asked === 'count_cases') {
    fields.push(
      { id: 'field', kind: 'choice', label: 'Field', options: choices.fields, unset: 'Choose a field', orExpression: true, at: quoted(parameter('field')) },
      { id: 'value', kind: 'text', label: 'Has this value', mono: true, at: parameter('value') },
    );
  }
  if (asked === 'count_cases' || asked === 'case_statistics') {
    fields.push({ id: 'days', kind: 'text', label: 'In the last days', mono: true, at: parameter('days') });
    if (asked === 'case_statistics') fields.push({ id: 'procedure', kind: 'text', label: 'Only this procedure', mono: true, at: quoted(parameter('procedure')) });
    fields.push({ id: 'result', kind: 'text', label: 'Kept under this name', mono: true, at: property('result') });
  }
  return { id: 'service', label: 'Service', fields };
}

function script(model) {
  if (!is(model, 'bpmn:ScriptTask')) return null;
  return { id: 'script', label: 'Calculation', fields: [
    { id: 'script', kind: 'area', label: 'Expression (FEEL)', mono: true, at: own('script') },
    { id: 'result', kind: 'text', label: 'Kept under this name', mono: true, at: property('result') },
  ] };
}

function condition({ choices }, model) {
  if (!isWay(model) && !(is(model, 'bpmn:SequenceFlow') && model.conditionExpression)) return null;
  const fields = [];
  if (isWay(model)) {
    fields.push({ id: 'default', kind: 'check', label: 'Taken when no other way fits', at: { get: () => isDefault(model), set: (...given) => setDefault(...given) } });
  }
  if (!isDefault(model) || model.conditionExpression) {
    fields.push({ id: 'condition', kind: 'condition', label: 'Condition (FEEL)', mono: true, fields: choices.fields, at: expression('conditionExpression') });
  }
  return { id: 'condition', label: 'Way', fields };
}

/** The default way has no condition: both change together. */
export function setDefault(editor, element, model, value) {
  const gateway = editor.element(model.sourceRef.id);
  editor.together(
    () => editor.update(gateway, { default: value ? model : undefined }),
    ...(value && model.conditionExpression ? [() => editor.update(element, { conditionExpression: undefined })] : []),
  );
}

function called({ choices }, model) {
  if (!is(model, 'bpmn:CallActivity')) return null;
  return { id: 'called', label: 'Called procedure', fields: [{ id: 'called', kind: 'choice', label: 'Procedure', options: choices.procedures, unset: 'Choose a procedure', at: own('calledElement') }] };
}

function time({ choices }, model) {
  if (triggerOf(model) !== 'Timer') return null;
  const known = choices.deadlines.map((each) => each.value);
  const isDeadline = known.includes(timerText.get(model));
  const deadline = {
    get: () => (isDeadline ? timerText.get(model) : ''),
    set: (editor, element, _, value) => (value ? editor.together(() => timerKind.set(editor, element, model, 'timeDuration'), () => timerText.set(editor, element, model, value)) : timerText.set(editor, element, model, '')),
  };
  const fields = [{ id: 'timer-deadline', kind: 'choice', label: 'Deadline', options: choices.deadlines, unset: 'A time of its own', at: deadline }];
  if (isDeadline) fields.push({ id: 'dates', kind: 'dates', deadline: deadline.get });
  else {
    fields.push(
      { id: 'timer-kind', kind: 'choice', label: 'Kind of time', options: [{ value: 'timeDuration', label: 'After a span of time', say: true }, { value: 'timeDate', label: 'At a date', say: true }, { value: 'timeCycle', label: 'Again and again', say: true }], at: timerKind },
      { id: 'timer-text', kind: 'text', label: 'Time (P3D, a date, or FEEL)', mono: true, at: timerText },
    );
  }
  return { id: 'time', label: 'Time', fields };
}

const REFERENCES = {
  Signal: ['bpmn:Signal', 'signalRef', 'name', 'Signal'],
  Error: ['bpmn:Error', 'errorRef', 'errorCode', 'Error code'],
  Escalation: ['bpmn:Escalation', 'escalationRef', 'escalationCode', 'Escalation code'],
};

function trigger({ editor, choices }, model) {
  const kind = is(model, 'bpmn:SendTask') || is(model, 'bpmn:ReceiveTask') ? 'Message' : triggerOf(model);
  const isTask = is(model, 'bpmn:Task');
  const holder = isTask ? (found) => found : eventOf;
  const fields = [];
  if (kind === 'Message') {
    const known = [...named(editor, 'bpmn:Message', 'name'), ...choices.messages.map((each) => each.value)];
    fields.push({ id: 'message', kind: 'text', label: 'Message', suggestions: [...new Set(known)], at: reference('bpmn:Message', 'messageRef', 'name', holder) });
  } else if (REFERENCES[kind]) {
    const [type, attribute, wordOf, label] = REFERENCES[kind];
    fields.push({ id: 'reference', kind: 'text', label, suggestions: named(editor, type, wordOf), at: reference(type, attribute, wordOf) });
  } else if (kind === 'Conditional') fields.push({ id: 'event-condition', kind: 'condition', label: 'Condition (FEEL)', mono: true, fields: choices.fields, at: expression('condition', eventOf) });
  else if (kind === 'Link') fields.push({ id: 'link', kind: 'text', label: 'Link', at: own('name', eventOf) });
  if (kind === 'Message' || kind === 'Signal') {
    const sends = isThrowing(model) || is(model, 'bpmn:SendTask');
    fields.push(sends
      ? { id: 'payload', kind: 'area', label: 'Sent along (FEEL)', mono: true, at: word('MessagePayload', holder) }
      : { id: 'variable', kind: 'text', label: 'Kept under this name', mono: true, at: word('MessageVariable', holder) });
  }
  return { id: 'trigger', label: 'Event', fields };
}

function repetition({ editor, choices }, model) {
  const loop = loopOf(model);
  if (!loop) return null;
  if (is(loop, 'bpmn:StandardLoopCharacteristics')) {
    return { id: 'loop', label: 'Repetition', fields: [
      { id: 'loop-condition', kind: 'condition', label: 'As long as (FEEL)', mono: true, fields: choices.fields, at: expression('loopCondition', loopOf) },
      { id: 'loop-maximum', kind: 'text', label: 'At most so often', at: { get: () => `${loop.loopMaximum ?? ''}`, set: (_, element, __, value) => editor.change(element, loop, { loopMaximum: Number.parseInt(value, 10) || undefined }) } },
    ] };
  }
  const item = (attribute) => ({
    get: () => loop.get(attribute)?.id ?? loop.get(attribute)?.name ?? '',
    set: (_, element, __, value) => {
      const made = value ? editor.create(`bpmn:${attribute === 'inputDataItem' ? 'DataInput' : 'DataOutput'}`, { id: value, name: value }) : undefined;
      if (made) made.$parent = loop;
      editor.change(element, loop, { [attribute]: made });
    },
  });
  const list = (attribute) => ({
    get: () => nameOf(loop.get(attribute)),
    set: (_, element, __, value) => editor.change(element, loop, { [attribute]: value ? dataNamed(editor, value) : undefined }),
  });
  return { id: 'loop', label: 'Repetition', fields: [
    { id: 'loop-list', kind: 'text', label: 'Once for each item of this list', mono: true, suggestions: choices.fields.map((each) => each.value), at: list('loopDataInputRef') },
    { id: 'loop-item', kind: 'text', label: 'Each item is called', mono: true, at: item('inputDataItem') },
    { id: 'loop-results', kind: 'text', label: 'Results are kept in this list', mono: true, at: list('loopDataOutputRef') },
    { id: 'loop-result', kind: 'text', label: 'Each result is called', mono: true, at: item('outputDataItem') },
    { id: 'loop-times', kind: 'text', label: 'Or so many times (FEEL)', mono: true, at: expression('loopCardinality', loopOf) },
    { id: 'loop-until', kind: 'condition', label: 'Ends early when (FEEL)', mono: true, fields: choices.fields, at: expression('completionCondition', loopOf) },
  ] };
}

const nameOf = (found) => (typeof found === 'string' ? found : (found?.id ?? ''));

function lane(context, element, model) {
  if (!is(model, 'bpmn:Lane')) return null;
  const { choices, beside } = context;
  const at = { get: () => beside.lane(model.id), set: (_, shape, __, value) => takeGroup(context, shape, model, value) };
  return { id: 'lane', label: 'Lane', fields: [{ id: 'lane', kind: 'choice', label: 'Group', options: choices.groups, unset: 'Choose a group', orExpression: true, at }] };
}

/** A lane without a name of its own takes the group's, in every language. */
function takeGroup({ editor, beside, settings }, element, model, value) {
  const names = settings.names.groups[value];
  const ownName = names?.[settings.own] ?? '';
  const isFree = !model.name || Object.values(settings.names.groups).some((each) => each[settings.own] === model.name);
  const others = settings.languages.filter((language) => language !== settings.own && names?.[language]);
  editor.together(
    () => beside.setLane(element, value),
    ...(ownName && isFree ? [() => editor.update(element, { name: ownName }), ...others.map((language) => () => beside.setName(language, element, names[language]))] : []),
  );
}

function clauses(model) {
  return servesClauses(model) ? { id: 'clauses', label: 'Clauses', fields: [{ id: 'clauses', kind: 'clauses' }] } : null;
}

function notes(model) {
  return { id: 'notes', label: 'Notes', fields: is(model, 'bpmn:BaseElement') ? [{ id: 'documentation', kind: 'area', label: 'Notes for whoever edits', at: documentation }] : [] };
}

/** The root of the diagram stands for all of it. */
function comments(element) {
  return { id: 'comments', label: 'Comments', fields: [{ id: 'comments', kind: 'comments', element: element.parent ? element.id : '' }] };
}
