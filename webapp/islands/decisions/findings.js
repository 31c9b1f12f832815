// What the engine finds, beside the table; a finding about the table leads to its cell.

/**
 * @param {HTMLElement} list
 * @param {Array<Object>} findings as the check answers them
 * @param {{words: Object, own: string, go: function(string)}} page own: the file in the editor
 */
export function showFindings(list, findings, page) {
  const mine = findings.filter((each) => each.file === page.own);
  const others = findings.filter((each) => each.file !== page.own);
  const items = [...mine, ...others].map((finding) => item(finding, page));
  if (!items.length) {
    const none = document.createElement('li');
    none.className = 'muted';
    none.textContent = page.words.none;
    items.push(none);
  }
  list.replaceChildren(...items);
}

function item(finding, page) {
  const entry = document.createElement('li');
  entry.className = `finding ${finding.severity}`;
  const said = document.createElement(finding.file === page.own && finding.element ? 'button' : 'div');
  said.className = 'finding-words';
  said.textContent = [finding.message, finding.way_out].filter(Boolean).join(' ');
  if (said instanceof HTMLButtonElement) {
    said.type = 'button';
    said.addEventListener('click', () => page.go(finding.element));
  }
  const place = document.createElement('div');
  place.className = 'sub';
  place.textContent = finding.file === page.own ? finding.element ?? '' : finding.file;
  const grow = document.createElement('div');
  grow.className = 'grow';
  grow.append(said, place);
  entry.append(grow);
  return entry;
}
