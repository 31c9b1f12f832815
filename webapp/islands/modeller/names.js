// Where BPMN wants a reference to a data object, the engine reads the name of data. Nothing in the file has that id:
// a data object that stands nowhere keeps the name. Items of two lists may be called the same, though ids may not.

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

/** The file without ids of items that another item has too: the name beside it says the same, and the reader refuses the id. */
export function withoutRepeatedItems(xml) {
  const seen = new Set();
  return xml.replace(/(<(?:\w+:)?(?:input|output)DataItem\b[^>]*?)\s+id="([^"]*)"([^>]*>)/g, (all, before, id, after) => {
    const isNamed = /\sname="/.test(before + after);
    if (seen.has(id) && isNamed) return before + after;
    seen.add(id);
    return all;
  });
}
