// Where BPMN wants a reference to a data object, the engine reads the name of data. Nothing in the file has that id:
// a data object that stands nowhere keeps the name.

const NAMES = new Set(['bpmn:loopDataInputRef', 'bpmn:loopDataOutputRef']);

export const dataNamed = (editor, id) => editor.get('moddle').ids.assigned(id) || editor.get('moddle').create('bpmn:DataObject', { id });

/** Keeps the names that the reader of the file could not resolve and would lose. */
export function keepNames(editor, { references = [], elementsById = {}, warnings = [] }) {
  for (const { element, property, id } of references) {
    if (NAMES.has(property) && !elementsById[id]) element.set(property, dataNamed(editor, id));
  }
  const kept = warnings.filter((warning) => !NAMES.has(warning.property));
  warnings.splice(0, warnings.length, ...kept);
}
