// The editor's own words in the reader's language. What is missing is remembered, and a browser test looks.

import hans from './words/zh-Hans.json';
import hant from './words/zh-Hant.json';

const catalogues = { 'zh-Hans': hans, 'zh-Hant': hant };
const catalogue = catalogues[document.documentElement.lang];

/** Words without translation, in the order in which they were met. */
export const missing = new Set();
window.untranslated = missing;

/** The module that diagram-js and table-js ask for their words. */
export const translation = {
  translate: ['value', (template, values = {}) => {
    const words = catalogue?.[template] ?? template;
    if (catalogue && !(template in catalogue)) missing.add(template);
    return words.replace(/{([^}]+)}/g, (_, name) => values[name.trim()] ?? `{${name}}`);
  }],
};
