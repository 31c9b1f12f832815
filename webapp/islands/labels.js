// Names in another language are longer or shorter than the ones the diagram was drawn with: their labels get the room they need.

const FONT_SIZE = 12; // as the labels beside shapes are drawn, see diagram.js
const LINE = 15;
const WIDEST = 120;

/**
 * Replaces names in an imported model before it is drawn. Elements drawn without a name stay without one.
 *
 * @param {Object} definitions of bpmn-moddle
 * @param {Object<string, string>} names element id -> name in the reader's language
 * @param {string} fontFamily
 */
export function rename(definitions, names, fontFamily) {
  const measure = document.createElement('canvas').getContext('2d');
  measure.font = `${FONT_SIZE}px ${fontFamily}`;
  for (const shape of definitions.diagrams.flatMap((diagram) => diagram.plane?.planeElement ?? [])) {
    const element = shape.bpmnElement;
    const name = names[element?.id];
    if (!name || !element.name || element.name === name) continue;
    element.name = name;
    if (shape.label?.bounds) makeRoom(shape, name, measure);
  }
}

/** Keeps the edges that face the shape, so that a label grows away from it; one right above or below keeps its middle. */
function makeRoom(shape, name, measure) {
  const label = shape.label.bounds;
  const longestWord = Math.max(...name.split(' ').map((word) => measure.measureText(word).width));
  const length = measure.measureText(name).width;
  const width = Math.ceil(Math.max(Math.min(length, WIDEST), longestWord, label.width)) + 2;
  const height = LINE * Math.ceil((length + 2) / width);
  const isAbove = shape.bounds && label.y + label.height <= shape.bounds.y + 1;
  const middle = shape.bounds ? shape.bounds.x + shape.bounds.width / 2 : null;
  if (middle !== null && label.x + label.width <= middle) label.x -= width - label.width;
  else if (middle === null || label.x < middle) label.x -= (width - label.width) / 2;
  if (isAbove) label.y += label.height - height;
  label.width = width;
  label.height = height;
}
