// What palette, context pad and menus offer: only what runs here (docs/bpmn.md), and tasks that somebody can do.

const LAST = 100; // after all others have said what they offer
const NEVER = /transaction|ad-hoc|complex|compensat|cancel|data-store|none-boundary|participant-multiplicity|toggle-is-collection|event-based-instantiat|^(create|append|replace-with)-task$/;
const NO_START = /(timer|conditional)-start|error-start|escalation-start/; // begin a process neither here nor by themselves

/** A menu without a title would have an English one for those who hear it. */
const TITLES = { 'bpmn-create': 'Create element', 'bpmn-append': 'Append element', 'bpmn-replace': 'Change element', 'align-elements': 'Align elements', 'color-picker': 'Set color' };

class Menus {
  constructor(popupMenu, palette, contextPad, elementFactory, create, autoPlace, translate) {
    Object.assign(this, { elementFactory, create, autoPlace, translate });
    for (const menu of Object.keys(TITLES)) popupMenu.registerProvider(menu, LAST, this);
    const { open } = popupMenu;
    popupMenu.open = (target, menu, position, options) => open.call(popupMenu, target, menu, position, { title: TITLES[menu] && translate(TITLES[menu]), ...options });
    palette.registerProvider(LAST, this);
    contextPad.registerProvider(LAST, this);
  }

  getPopupMenuEntries(target) {
    const insideEvent = target?.parent?.businessObject?.triggeredByEvent;
    return (entries) => chosen(entries, (id) => !NEVER.test(id) && (insideEvent || !NO_START.test(id)));
  }

  getEmptyPlaceholder() {
    return this.translate('There is nothing of that name.');
  }

  getPopupMenuHeaderEntries() {
    return (entries) => chosen(entries, (id) => !NEVER.test(id));
  }

  getPaletteEntries() {
    const start = (event) => this.create.start(event, this.elementFactory.createShape({ type: 'bpmn:UserTask' }));
    return (entries) => {
      const offered = chosen(entries, (id) => !id.includes('data-store'));
      offered['create.task'] = { ...offered['create.task'], className: 'bpmn-icon-user-task', title: this.translate('Create user task'), action: { click: start, dragstart: start } };
      return offered;
    };
  }

  getContextPadEntries() {
    const shape = () => this.elementFactory.createShape({ type: 'bpmn:UserTask' });
    return (entries) => {
      const pad = chosen(entries, (id) => !id.includes('compensation'));
      if (!pad['append.append-task']) return pad;
      const action = {
        ...pad['append.append-task'].action,
        click: (_, element) => this.autoPlace.append(element, shape()),
        dragstart: (event, element) => this.create.start(event, shape(), { source: element }),
      };
      pad['append.append-task'] = { ...pad['append.append-task'], className: 'bpmn-icon-user-task', title: this.translate('Append user task'), action };
      return pad;
    };
  }

  getMultiElementContextPadEntries() {
    return (entries) => chosen(entries, () => true);
  }
}
Menus.$inject = ['popupMenu', 'palette', 'contextPad', 'elementFactory', 'create', 'autoPlace', 'translate'];

/** The entries whose id is welcome, without style attributes: the site's policy refuses them, SVG has attributes of its own. */
function chosen(entries, welcome) {
  return Object.fromEntries(Object.entries(entries).filter(([id]) => welcome(id)).map(([id, entry]) => [id, plain(entry)]));
}

function plain(entry) {
  const found = { ...entry };
  for (const key of ['html', 'imageHtml']) if (typeof found[key] === 'string') found[key] = withoutStyles(found[key]);
  return found;
}

export function withoutStyles(markup) {
  return markup.replace(/\sstyle="([^"]*)"/g, (_, declarations) => declarations.split(';').filter((each) => each.includes(':')).map((each) => {
    const [name, value] = each.split(':');
    return ` ${name.trim()}="${value.trim()}"`;
  }).join(''));
}

export default { __init__: ['menus'], menus: ['type', Menus] };
