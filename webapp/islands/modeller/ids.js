// Ids of new elements: English snake_case, as history, clauses and scenarios name them. Never one that was used before.

import BpmnFactory from 'bpmn-js/lib/features/modeling/BpmnFactory';

const snake = (type) => type.replace(/^\w+:/, '').replace(/(?<=[a-z])(?=[A-Z])/g, '_').toLowerCase();
const SHORT = { sequence_flow: 'flow', message_flow: 'message_flow', participant: 'pool' };

class SnakeFactory extends BpmnFactory {
  constructor(moddle, taken) {
    super(moddle);
    this.taken = new Set(taken);
  }

  _ensureId(element) {
    if (element.id || !this._needsId(element)) return super._ensureId(element);
    const kind = snake(element.$type);
    const { ids } = this._model;
    let number = 1;
    while (ids.assigned(`${SHORT[kind] ?? kind}_${number}`) || this.taken.has(`${SHORT[kind] ?? kind}_${number}`)) number += 1;
    element.id = `${SHORT[kind] ?? kind}_${number}`;
    ids.claim(element.id, element);
    return undefined;
  }
}
SnakeFactory.$inject = ['moddle', 'config.takenIds'];

export default { bpmnFactory: ['type', SnakeFactory] };
