// The drawings a case went through: its own process and those it called. One is seen at a time: the one with the step.

import { bringIntoView, fit, fitWhole, openDiagram } from '../diagram.js';
import { Stage } from './stage.js';

export class Drawings {
  /**
   * @param {HTMLElement} stage where they are drawn, one above the other
   * @param {HTMLElement} choice gets a button for each, where there are several
   * @param {{name: string, v: number}[]} diagrams with the version each is of, and the BPMN of each in `texts`
   */
  static async open({ stage, choice, diagrams, texts, names, course }) {
    const sheets = [];
    for (const [number, { name, v }] of diagrams.entries()) {
      const container = Object.assign(document.createElement('div'), { className: 'drawing', tabIndex: 0, role: 'group', ariaLabel: name });
      stage.append(container);
      const viewer = await openDiagram(container, texts[number], names);
      fit(viewer);
      sheets.push({ container, viewer, name, v, stage: new Stage(viewer, course), registry: viewer.get('elementRegistry') });
    }
    return new Drawings(sheets, choice);
  }

  constructor(sheets, choice) {
    this.sheets = sheets;
    this.buttons = sheets.map((sheet) => this.button(sheet));
    choice.append(...this.buttons);
    choice.hidden = sheets.length < 2;
    this.turnTo(sheets[0]);
  }

  get viewers() {
    return this.sheets.map((sheet) => sheet.viewer);
  }

  /** The shape or flow with that id, undefined when nothing draws it. */
  element(id) {
    return this.sheetOf(id)?.registry.get(id);
  }

  /** Marks all drawings as they were at the step and turns to the one that holds it. */
  show(step, { whole }) {
    for (const sheet of this.sheets) sheet.stage.show(step);
    const { el, v } = this.sheets[0].stage.course.steps[step];
    const known = this.sheetOf(el, v);
    this.turnTo(known ?? (this.shown.v === v ? this.shown : this.sheets.find((sheet) => sheet.v === v)));
    const sheet = this.shown;
    if (known && !whole) bringIntoView(sheet.viewer, [el]);
  }

  sendToken(flow, milliseconds) {
    this.sheetOf(flow, this.shown.v)?.stage.sendToken(flow, milliseconds);
  }

  fit(element) {
    for (const { viewer } of this.sheets) fit(viewer, [element]);
  }

  fitWhole() {
    for (const { viewer } of this.sheets) fitWhole(viewer);
  }

  /** The drawing that holds the element, of that version where it matters. */
  sheetOf(id, version) {
    return this.sheets.find(({ registry, v }) => (version === undefined || v === version) && registry.get(id));
  }

  turnTo(wanted) {
    this.shown = wanted;
    this.sheets.forEach((sheet, number) => {
      sheet.container.classList.toggle('is-away', sheet !== wanted);
      this.buttons[number].setAttribute('aria-pressed', sheet === wanted);
    });
  }

  button(sheet) {
    const button = Object.assign(document.createElement('button'), { type: 'button', textContent: sheet.name });
    button.addEventListener('click', () => this.turnTo(sheet));
    return button;
  }
}
