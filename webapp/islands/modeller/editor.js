// The drawing surface: bpmn-js with our ids, menus, words and colours, and one way of changing a model.

import Modeler from 'bpmn-js/lib/Modeler';
import Minimap from 'diagram-js-minimap';
import Colours from 'bpmn-js-color-picker';
import { CreateAppendAnythingModule } from 'bpmn-js-create-append-anything';
import { getBusinessObject, is } from 'bpmn-js/lib/util/ModelUtil';
import 'bpmn-js/dist/assets/diagram-js.css';
import 'bpmn-js/dist/assets/bpmn-js.css';
import 'bpmn-js/dist/assets/bpmn-font/css/bpmn-codes.css';
import 'diagram-js-minimap/assets/diagram-js-minimap.css';
import 'bpmn-js-color-picker/colors/color-picker.css';
import ids from './ids.js';
import menus from './menus.js';
import { keepNames, withoutRepeatedItems } from './names.js';
import spiff from './spiff.json';

/** Several changes that are undone as one. */
class Together {
  preExecute({ steps }) {
    for (const step of steps) step();
  }
}

/** A change of something that is no part of the diagram, in the same line of undo. */
class Beside {
  execute(context) {
    context.swap();
    return context.elements ?? [];
  }

  revert(context) {
    context.swap();
    return context.elements ?? [];
  }
}

export class Editor {
  /**
   * @param {HTMLElement} container
   * @param {Words} words
   * @param {string[]} takenIds ids that new elements must not get
   */
  constructor(container, words, takenIds) {
    const fontFamily = getComputedStyle(document.body).fontFamily;
    this.bpmn = new Modeler({
      container,
      additionalModules: [Minimap, Colours, CreateAppendAnythingModule, { translate: ['value', words.say] }, ids, menus],
      moddleExtensions: { spiffworkflow: spiff },
      takenIds,
      bpmnRenderer: { defaultFillColor: 'var(--surface)', defaultStrokeColor: 'var(--text)', defaultLabelColor: 'var(--text)' },
      textRenderer: {
        defaultStyle: { fontFamily, fontSize: '13px', lineHeight: 1.25 },
        externalStyle: { fontFamily, fontSize: '12px', lineHeight: 1.25 },
      },
    });
    this.on('import.parse.complete', (parsed) => keepNames(this, parsed));
    this.on('commandStack.shape.replace.postExecuted', ({ context }) => keepForeign(context));
    this.stack = this.get('commandStack');
    this.stack.registerHandler('modeller.together', Together);
    this.stack.registerHandler('modeller.beside', Beside);
  }

  get(service) {
    return this.bpmn.get(service);
  }

  on(events, listener) {
    this.bpmn.on(events, listener);
  }

  element(id) {
    return this.get('elementRegistry').get(id);
  }

  get elements() {
    return this.get('elementRegistry').getAll();
  }

  get definitions() {
    return this.bpmn.getDefinitions();
  }

  /** What is selected: one element, the label's owner for a label, null for none or several. */
  get selected() {
    const found = this.get('selection').get();
    return found.length === 1 ? (found[0].labelTarget ?? found[0]) : null;
  }

  async open(xml) {
    const { warnings } = await this.bpmn.importXML(withoutRepeatedItems(xml));
    return warnings;
  }

  /** The file as it would be saved. Undoing a name leaves a label without a place behind: it says nothing. */
  async text() {
    return (await this.bpmn.saveXML({ format: true })).xml.replace(/\n\s*<bpmndi:BPMNLabel \/>/g, '');
  }

  create(type, values = {}) {
    return this.get('bpmnFactory').create(type, values);
  }

  /** Changes properties of a model element that belongs to what `element` draws. One step to undo. */
  change(element, model, values) {
    this.get('modeling').updateModdleProperties(element, model, values);
  }

  /** Changes properties that the drawing shows: name, id, default flow. */
  update(element, values) {
    this.get('modeling').updateProperties(element, values);
  }

  together(...steps) {
    this.stack.execute('modeller.together', { steps });
  }

  /** Does `swap` now, and again whenever the step is undone or redone: it must exchange what was and what is. */
  beside(swap, elements) {
    this.stack.execute('modeller.beside', { swap, elements });
  }

  /** Selects the element and brings it into the middle of the view. */
  show(element) {
    const canvas = this.get('canvas');
    const root = canvas.findRoot(element);
    if (root && root !== canvas.getRootElement()) canvas.setRootElement(root);
    const view = canvas.viewbox();
    const points = element.waypoints ?? [element, { x: element.x + element.width, y: element.y + element.height }];
    const middle = (axis) => (Math.min(...points.map((p) => p[axis])) + Math.max(...points.map((p) => p[axis]))) / 2;
    canvas.viewbox({ x: middle('x') - view.width / 2, y: middle('y') - view.height / 2, width: view.width, height: view.height });
    this.get('selection').select(element);
  }

  fit() {
    this.get('canvas').zoom('fit-viewport', 'auto');
  }
}

/** What other programs wrote on an element stays on the one of another kind that takes its place. */
function keepForeign({ oldShape, newShape }) {
  Object.assign(newShape.businessObject.$attrs, oldShape.businessObject.$attrs);
}

export const modelOf = getBusinessObject;
export { is };

/** The process a drawn element stands for or in. */
export function processOf(model) {
  let found = model;
  while (found && !is(found, 'bpmn:Process')) found = is(found, 'bpmn:Participant') ? found.processRef : found.$parent;
  return found;
}
