// Where a value lives in the model and how it is changed there: each accessor reads one and sets it as one step to undo.

import { is } from './editor.js';

const extension = (model, type) => (model.extensionElements?.values ?? []).find((each) => is(each, `spiffworkflow:${type}`));

/** Puts the extension that `build` gives in place of the one of that type; nothing when it gives null. */
function setExtension(editor, element, model, type, build) {
  const others = (model.extensionElements?.values ?? []).filter((each) => !is(each, `spiffworkflow:${type}`));
  const made = build();
  const values = made ? [...others, made] : others;
  const extensionElements = values.length ? editor.create('bpmn:ExtensionElements', { values }) : undefined;
  if (extensionElements) {
    extensionElements.$parent = model;
    for (const value of values) value.$parent = extensionElements;
  }
  editor.change(element, model, { extensionElements });
}

/** The text of `<spiffworkflow:type>`. */
export const word = (type, holder = (model) => model) => ({
  get: (model) => extension(holder(model), type)?.value ?? '',
  set: (editor, element, model, value) =>
    setExtension(editor, element, holder(model), type, () => (value ? editor.create(`spiffworkflow:${type}`, { value }) : null)),
});

export const propertiesOf = (model) => extension(model, 'Properties')?.properties ?? [];

/** A property of ours. `keepEmpty`: an empty one says something else than none; `undefined` removes it. */
export const property = (name, { keepEmpty = false } = {}) => ({
  get: (model) => propertiesOf(model).find((each) => each.name === name)?.value ?? (keepEmpty ? undefined : ''),
  set: (editor, element, model, value) => setExtension(editor, element, model, 'Properties', () => {
    const kept = propertiesOf(model);
    const place = kept.findIndex((each) => each.name === name);
    const properties = kept.filter((each) => each.name !== name);
    if (value || (keepEmpty && value === '')) {
      properties.splice(place < 0 ? properties.length : place, 0, editor.create('spiffworkflow:Property', { name, value }));
    }
    return made(editor, 'Properties', 'properties', properties);
  }),
});

function made(editor, type, list, values) {
  if (!values.length) return null;
  const found = editor.create(`spiffworkflow:${type}`, { [list]: values });
  for (const value of values) value.$parent = found;
  return found;
}

export const operatorOf = (model) => extension(model, 'ServiceTaskOperator');
export const parametersOf = (model) => operatorOf(model)?.parameterList?.parameters ?? [];

/** The service a task asks for; its parameters stay when they are asked for by name. */
export function setOperator(editor, element, model, id, parameters) {
  setExtension(editor, element, model, 'ServiceTaskOperator', () => {
    if (!id) return null;
    const list = parameters.map((each) => editor.create('spiffworkflow:Parameter', { id: each.id, type: each.type || 'str', value: each.value }));
    const parameterList = editor.create('spiffworkflow:Parameters', { parameters: list });
    for (const each of list) each.$parent = parameterList;
    const found = editor.create('spiffworkflow:ServiceTaskOperator', { id, resultVariable: operatorOf(model)?.resultVariable, parameterList });
    parameterList.$parent = found;
    return found;
  });
}

/** One parameter of the service, FEEL as it stands. "" takes it away. */
export const parameter = (name) => ({
  get: (model) => parametersOf(model).find((each) => each.id === name)?.value ?? '',
  set: (editor, element, model, value) => {
    const kept = parametersOf(model).map(({ id, type, value: old }) => ({ id, type, value: old }));
    const others = kept.filter((each) => each.id !== name);
    const place = kept.findIndex((each) => each.id === name);
    if (value) others.splice(place < 0 ? others.length : place, 0, { id: name, type: 'str', value });
    setOperator(editor, element, model, operatorOf(model)?.id, others);
  },
});

/** FEEL text between quotes, as words without them. */
export const quoted = (accessor) => ({
  get: (model) => unquoted(accessor.get(model)),
  set: (editor, element, model, value) => accessor.set(editor, element, model, value.startsWith('=') ? value.slice(1).trim() : value && `"${value}"`),
});

/** `"words"` -> words; any other FEEL -> =FEEL. */
function unquoted(text) {
  const literal = /^"([^"\\]*)"$/.exec(text);
  if (literal) return literal[1];
  return text && `=${text}`;
}

/** An attribute of the model element, or of the one that `holder` finds in it. */
export const own = (name, holder = (model) => model) => ({
  get: (model) => holder(model)?.get(name) ?? '',
  set: (editor, element, model, value) => editor.change(element, holder(model), { [name]: value || undefined }),
});

/** An attribute that the drawing shows. */
export const drawn = (name) => ({
  get: (model) => model.get(name) ?? '',
  set: (editor, element, model, value) => editor.update(element, { [name]: value || undefined }),
});

/** An expression element, e.g. `<conditionExpression>`. */
export const expression = (name, holder = (model) => model) => ({
  get: (model) => holder(model)?.get(name)?.body ?? '',
  set: (editor, element, model, value) => {
    const parent = holder(model);
    const body = value ? editor.create('bpmn:FormalExpression', { body: value }) : undefined;
    if (body) body.$parent = parent;
    editor.change(element, parent, { [name]: body });
  },
});

export const documentation = {
  get: (model) => model.documentation?.[0]?.text ?? '',
  set: (editor, element, model, value) => {
    const rest = (model.documentation ?? []).slice(1);
    const first = value ? [editor.create('bpmn:Documentation', { text: value })] : [];
    for (const each of first) each.$parent = model;
    editor.change(element, model, { documentation: [...first, ...rest] });
  },
};

export const eventOf = (model) => model.eventDefinitions?.[0];

const TIMES = ['timeDuration', 'timeDate', 'timeCycle'];

/** Which of the three a timer says. */
export const timerKind = {
  get: (model) => TIMES.find((name) => eventOf(model)?.get(name)) ?? 'timeDuration',
  set: (editor, element, model, value) => setTimer(editor, element, model, value, timerText.get(model)),
};
export const timerText = {
  get: (model) => eventOf(model)?.get(timerKind.get(model))?.body ?? '',
  set: (editor, element, model, value) => setTimer(editor, element, model, timerKind.get(model), value),
};

function setTimer(editor, element, model, kind, text) {
  const holder = eventOf(model);
  const body = editor.create('bpmn:FormalExpression', { body: text });
  body.$parent = holder;
  editor.change(element, holder, { ...Object.fromEntries(TIMES.map((name) => [name, undefined])), [kind]: body });
}

/** What an event, or a task, names by reference: a message, signal, error or escalation, by its word. */
export const reference = (type, attribute, word, holder = eventOf) => ({
  get: (model) => holder(model)?.get(attribute)?.get(word) ?? '',
  set: (editor, element, model, value) => {
    const { definitions } = editor;
    const known = definitions.rootElements.find((each) => is(each, type) && each.get(word) === value);
    if (!value || known) {
      editor.change(element, holder(model), { [attribute]: value ? known : undefined });
      return;
    }
    const fresh = editor.create(type, { name: value, ...(word === 'name' ? {} : { [word]: value }) });
    fresh.$parent = definitions;
    editor.together(
      () => editor.change(element, definitions, { rootElements: [...definitions.rootElements, fresh] }),
      () => editor.change(element, holder(model), { [attribute]: fresh }),
    );
  },
});

/** The words by which things of that type can be named in this diagram. */
export const named = (editor, type, word) => editor.definitions.rootElements.filter((each) => is(each, type)).map((each) => each.get(word)).filter(Boolean);

export const loopOf = (model) => model.loopCharacteristics;

/** Which data a multi-instance activity goes through: a name, that modellers write as a reference. */
export const loopName = (attribute, itemAttribute) => ({
  get: (model) => {
    const found = loopOf(model)?.get(attribute);
    return (typeof found === 'string' ? found : found?.[itemAttribute]) ?? '';
  },
});
