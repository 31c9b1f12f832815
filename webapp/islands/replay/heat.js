// Colours the steps by what all cases say: how often they are visited, or how long they take. Colour and number, never colour alone.

import { make } from './events.js';
import { fill } from './words.js';

const SHADES = 5;

export class HeatMap {
  constructor({ viewer, stats, words, legend, legendMost }) {
    this.canvas = viewer.get('canvas');
    this.registry = viewer.get('elementRegistry');
    this.overlays = viewer.get('overlays');
    Object.assign(this, { stats, words, legend, legendMost });
    this.steps = Object.keys(stats).filter((id) => isActivity(this.registry.get(id)));
    this.marked = [];
  }

  /** @param {''|'n'|'mean'} figure '' takes the colours away */
  show(figure) {
    this.clear();
    this.legend.hidden = !figure;
    if (!figure) return;
    const most = Math.max(1, ...this.steps.map((id) => this.stats[id][figure]));
    for (const id of this.steps) this.colour(id, this.stats[id][figure] / most, this.say(figure, this.stats[id][figure]));
    this.legendMost.textContent = this.say(figure, most);
  }

  colour(id, share, number) {
    // The root spreads the many small figures, which a straight scale would all leave pale.
    const shade = `heat-${Math.min(SHADES - 1, Math.floor(Math.sqrt(share) * SHADES))}`;
    this.canvas.addMarker(id, 'is-heat');
    this.canvas.addMarker(id, shade);
    const html = make('span', number);
    html.className = 'heat-number';
    this.marked.push({ id, shade, overlay: this.overlays.add(id, 'heat', { position: { bottom: 10, left: 8 }, html }) });
  }

  clear() {
    for (const { id, shade, overlay } of this.marked.splice(0)) {
      this.canvas.removeMarker(id, 'is-heat');
      this.canvas.removeMarker(id, shade);
      this.overlays.remove(overlay);
    }
  }

  say(figure, value) {
    return figure === 'n' ? fill(this.words.labels.visits, { n: value }) : this.words.duration(value);
  }
}

/** The card that appears beside the step under the pointer. */
export function showTips({ viewer, stats, words, course, currentStep, tip, stage }) {
  const canvas = viewer.get('canvas');
  viewer.on('element.hover', ({ element }) => {
    const figures = stats[element.id];
    tip.hidden = !(figures && isActivity(element));
    if (tip.hidden) return;
    const { labels } = words;
    const rows = [
      [labels.visitsHere, fill(labels.visits, { n: course.visitsAt(element.id, currentStep()) })],
      [labels.visitsAll, fill(labels.visits, { n: figures.n })],
      [labels.mean, words.duration(figures.mean)],
      [labels.p90, words.duration(figures.p90)],
    ];
    const list = make('dl', '');
    list.className = 'dl';
    list.append(...rows.flatMap(([label, value]) => [make('dt', label), make('dd', value)]));
    tip.replaceChildren(make('strong', words.name(element.id)), list);
    placeBeside(tip, canvas.getGraphics(element).getBoundingClientRect(), stage.getBoundingClientRect());
  });
  viewer.on('element.out', () => { tip.hidden = true; });
}

/** Below the shape where there is room, else above; never over the mark in the lower right corner. */
function placeBeside(tip, shape, stage) {
  const below = shape.bottom - stage.top + 8;
  const fits = below + tip.offsetHeight < stage.height - 40;
  tip.style.left = `${Math.max(8, Math.min(stage.width - tip.offsetWidth - 8, shape.left - stage.left))}px`;
  tip.style.top = `${fits ? below : Math.max(8, shape.top - stage.top - tip.offsetHeight - 8)}px`;
}

export function isActivity(element) {
  return /(Task|Activity|SubProcess)$/.test(element?.type ?? '');
}
