// Instants, durations and sentences in the reader's language. All words come from the page, none are written here.

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export class Words {
  /**
   * @param {Object<string, string>} labels of the page, with places such as {n}
   * @param {Object<string, string>} names element id -> name
   * @param {string} timeZone IANA name of the company's time zone
   */
  constructor(labels, names, timeZone) {
    this.labels = labels;
    this.names = names;
    const parts = { month: 'numeric', day: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone };
    this.format = new Intl.DateTimeFormat(document.documentElement.lang, parts);
  }

  instant(t) {
    return this.format.format(t);
  }

  /** The two largest units: "3 d 4 h". */
  duration(milliseconds) {
    if (milliseconds < MINUTE) return this.labels.moments;
    const units = [
      [this.labels.days, Math.floor(milliseconds / DAY)],
      [this.labels.hours, Math.floor((milliseconds % DAY) / HOUR)],
      [this.labels.minutes, Math.floor((milliseconds % HOUR) / MINUTE)],
    ];
    const largest = units.findIndex(([, number]) => number > 0);
    return units.slice(largest, largest + 2).filter(([, number]) => number).map(([label, n]) => fill(label, { n })).join(' ');
  }

  /** The element's name; a branch or event without one is called by its kind. */
  name(id, type = '') {
    if (this.names[id]) return this.names[id];
    if (type.endsWith('Gateway')) return this.labels.gateway;
    return type.endsWith('Event') ? this.labels.event : this.labels.activity;
  }
}

/** @param {string} label with places such as {n} */
export function fill(label, values) {
  return label.replace(/\{(\w+)\}/g, (place, key) => values[key] ?? place);
}
