// What the modeller says in the reader's language. English is written in the sources and is its own translation.

const CATALOGUES = {
  'zh-Hans': () => import('./words/zh-Hans.json'),
  'zh-Hant': () => import('./words/zh-Hant.json'),
};

export class Words {
  static async in(language) {
    const catalogue = await CATALOGUES[language]?.();
    return new Words(language, catalogue?.default);
  }

  /** @param {Object<string, string>} [catalogue] English -> the reader's language; none for English */
  constructor(language, catalogue) {
    this.language = language;
    this.catalogue = catalogue;
    this.missing = new Set(); // asked for and not found: a test walks through everything and expects none
    this.say = this.say.bind(this);
  }

  /** The sentence with its `{name}` places filled. */
  say(sentence, values = {}) {
    if (this.catalogue && !(sentence in this.catalogue)) this.missing.add(sentence);
    const said = this.catalogue?.[sentence] ?? sentence;
    return said.replace(/\{(\w+)\}/g, (place, name) => values[name] ?? place);
  }
}
