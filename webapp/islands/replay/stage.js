// The diagram at one step: marks for open and done, badges for repeated visits, a token that moves along a flow.

const SVG = 'http://www.w3.org/2000/svg';
const TOKEN_RADIUS = 8;

export class Stage {
  constructor(viewer, course) {
    this.canvas = viewer.get('canvas');
    this.registry = viewer.get('elementRegistry');
    this.overlays = viewer.get('overlays');
    this.course = course;
    this.elements = course.elements.filter((id) => this.registry.get(id));
    this.flows = course.flows.filter((id) => this.registry.get(id));
    this.shown = new Map(); // what the diagram shows now, so that only differences touch it
    this.badges = new Map();
    this.tokens = new Set();
    this.paths = new Map();
  }

  show(step) {
    for (const id of this.elements) {
      const state = this.course.stateAt(id, step);
      this.mark(id, state && `is-${state}`);
      this.badge(id, this.course.visitsAt(id, step));
    }
    for (const id of this.flows) {
      const times = this.course.timesTaken(id, step);
      this.mark(id, times > 1 ? 'is-done is-many' : times ? 'is-done' : '');
    }
  }

  mark(id, wanted) {
    const had = this.shown.get(id) ?? '';
    if (had === wanted) return;
    for (const name of had.split(' ').filter(Boolean)) this.canvas.removeMarker(id, name);
    for (const name of wanted.split(' ').filter(Boolean)) this.canvas.addMarker(id, name);
    this.shown.set(id, wanted);
  }

  badge(id, visits) {
    let badge = this.badges.get(id);
    if (!badge) {
      if (visits < 2) return;
      badge = document.createElement('span');
      badge.className = 'visits';
      this.overlays.add(id, 'visits', { position: { top: -9, right: 12 }, html: badge });
      this.badges.set(id, badge);
    }
    if (badge.dataset.visits === String(visits)) return; // writing the same would lay the page out again
    badge.dataset.visits = visits;
    badge.textContent = `×${visits}`;
    badge.hidden = visits < 2;
  }

  /** Sends a token along the flow, for readers who have not asked for less motion. */
  sendToken(flow, milliseconds) {
    const path = this.pathOf(flow);
    if (!path || matchMedia('(prefers-reduced-motion: reduce)').matches) return;
    const circle = document.createElementNS(SVG, 'circle');
    circle.setAttribute('r', TOKEN_RADIUS);
    circle.setAttribute('class', 'token');
    this.canvas.getLayer('tokens', 5).append(circle);
    this.tokens.add({ circle, path, length: path.getTotalLength(), start: performance.now(), milliseconds });
    if (this.tokens.size === 1) requestAnimationFrame((now) => this.moveTokens(now));
  }

  pathOf(flow) {
    if (!this.paths.has(flow)) {
      this.paths.set(flow, this.registry.getGraphics(flow)?.querySelector('.djs-visual path') ?? null);
    }
    return this.paths.get(flow);
  }

  moveTokens(now) {
    for (const token of this.tokens) {
      const share = Math.min(1, Math.max(0, (now - token.start) / token.milliseconds));
      const eased = share < 0.5 ? 2 * share * share : 1 - (2 - 2 * share) ** 2 / 2;
      const point = token.path.getPointAtLength(token.length * eased);
      token.circle.setAttribute('cx', point.x);
      token.circle.setAttribute('cy', point.y);
      if (share === 1) {
        token.circle.remove();
        this.tokens.delete(token);
      }
    }
    if (this.tokens.size) requestAnimationFrame((next) => this.moveTokens(next));
  }
}
