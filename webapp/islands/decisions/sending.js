// Asking the server: JSON both ways, with the token that our pages carry.

const token = document.querySelector('input[name="csrf_token"]').value;

/** The answer's JSON; null when there was none to be had, which the next change asks for again. */
export async function send(method, url, body) {
  try {
    const answer = await request(method, url, JSON.stringify(body), { 'Content-Type': 'application/json' });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

/** The bare answer. Throws when the server cannot be reached. */
export function request(method, url, body, headers = {}) {
  return fetch(url, { method, body, headers: { ...headers, 'X-CSRF-Token': token, Accept: 'application/json' } });
}
