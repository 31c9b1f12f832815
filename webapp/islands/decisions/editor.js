// dmn-js with our words, our expression language and one tab a table.

import DmnModeler from 'dmn-js/lib/Modeler';
import 'dmn-js/dist/assets/diagram-js.css';
import 'dmn-js/dist/assets/dmn-js-shared.css';
import 'dmn-js/dist/assets/dmn-js-drd.css';
import 'dmn-js/dist/assets/dmn-js-decision-table.css';
import 'dmn-js/dist/assets/dmn-js-decision-table-controls.css';
import 'dmn-js/dist/assets/dmn-js-literal-expression.css';
import 'dmn-js/dist/assets/dmn-js-boxed-expression.css';
import 'dmn-js/dist/assets/dmn-js-boxed-expression-controls.css';
import 'dmn-js/dist/assets/dmn-font/css/dmn-embedded.css';
import './decisions.css';
import { translation } from './words.js';

/** Any other word than "feel": for that the library loads an editor which writes style sheets, and the policy forbids it. */
const LANGUAGE = 'FEEL';
const VIEWS = ['drd', 'decisionTable', 'literalExpression', 'boxedExpression'];

/**
 * Opens the tables of `text` in `container`, with a tab for each in `tabs`.
 *
 * @returns {Promise<Tables>}
 */
export async function openTables(container, tabs, text) {
  const own = Object.fromEntries(VIEWS.map((view) => [view, { additionalModules: [translation] }]));
  const modeler = new DmnModeler({
    container,
    ...own,
    common: {
      expressionLanguages: { options: [{ label: 'FEEL', value: LANGUAGE }], defaults: { editor: LANGUAGE } },
      dataTypes: ['string', 'boolean', 'number', 'date', 'time', 'dateTime', 'dayTimeDuration', 'yearMonthDuration', 'Any'],
    },
  });
  const tables = new Tables(modeler, container, tabs);
  await modeler.importXML(text);
  await tables.begin();
  return tables;
}

class Tables {
  constructor(modeler, container, tabs) {
    this.modeler = modeler;
    this.container = container;
    this.tabs = tabs;
    this.marked = [];
    this.changed = () => {};
    this.switched = () => {};
    // The table draws its rows anew when it likes.
    new MutationObserver(() => this.paint()).observe(container, { childList: true, subtree: true });
    modeler.on('viewer.created', ({ viewer }) => viewer.on('commandStack.changed', () => this.changed()));
    modeler.on('views.changed', () => this.showTabs());
  }

  async begin() {
    const first = this.modeler.getViews().find((view) => view.type === 'decisionTable');
    if (first) await this.modeler.open(first);
    this.showTabs();
  }

  /** The id of the decision that is open, "" for the graph. */
  decision() {
    const view = this.modeler.getActiveView();
    return view && view.type !== 'drd' ? view.element.id : '';
  }

  async show(id) {
    const view = this.modeler.getViews().find((each) => each.element.id === id && each.type !== 'drd');
    if (view && view.element.id !== this.decision()) await this.modeler.open(view);
  }

  async text() {
    const { xml } = await this.modeler.saveXML({ format: true });
    return xml;
  }

  showTabs() {
    const active = this.modeler.getActiveView();
    const views = this.modeler.getViews().filter((view) => view.type !== 'drd');
    this.tabs.replaceChildren(...views.map((view) => this.tab(view, active)));
    this.tabs.hidden = views.length < 2;
    if (active && active.element.id !== this.last) {
      this.last = active.element.id;
      this.switched();
    }
  }

  tab(view, active) {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = view.name || view.id || view.element.id;
    button.setAttribute('aria-pressed', String(view.element === active?.element));
    button.addEventListener('click', () => this.modeler.open(view));
    return button;
  }

  /** Marks the rules that hit. */
  mark(rules) {
    this.marked = rules;
    this.paint();
  }

  paint() {
    this.container.querySelector('th.index-column:not([role])')?.setAttribute('role', 'cell'); // it heads nothing
    for (const row of this.container.querySelectorAll('tr')) {
      const id = row.querySelector('[data-row-id]')?.dataset.rowId;
      const hit = this.marked.includes(id);
      if (row.classList.contains('is-hit') !== hit) row.classList.toggle('is-hit', hit);
    }
  }

  /** Leads to the cell, rule or column with that id, in whichever table it stands. */
  async go(element) {
    const view = this.modeler.getViews().find((each) => each.type !== 'drd' && holds(each.element, element));
    if (view) await this.show(view.element.id);
    const place = this.container.querySelector(`[data-element-id="${CSS.escape(element)}"], [data-row-id="${CSS.escape(element)}"]`);
    if (!place) return;
    place.scrollIntoView({ block: 'center', inline: 'nearest' });
    place.classList.add('is-meant');
    setTimeout(() => place.classList.remove('is-meant'), 2500);
    (place.querySelector('[contenteditable]') ?? place).focus?.();
  }

}

/** Whether the id stands somewhere inside a decision. */
function holds(part, id) {
  if (!part || typeof part !== 'object') return false;
  if (part.id === id) return true;
  const children = [part.decisionLogic, ...['input', 'output', 'rule', 'inputEntry', 'outputEntry'].flatMap((name) => part[name] ?? [])];
  return children.some((child) => holds(child, id)) || holds(part.inputExpression, id);
}
