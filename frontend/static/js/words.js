// @ts-check
// The page's own sentences (from the catalogue, set by the server), and the polite voice.

const list = document.getElementById("sentences");
const sentences = list ? JSON.parse(list.textContent ?? "{}") : {};

/** @param {string} key @param {Record<string, string | number>} values */
export function say(key, values = {}) {
  const text = sentences[`js.${key}`] ?? key;
  return text.replace(/\{(\w+)\}/g, (/** @type {string} */ all, /** @type {string} */ name) => String(values[name] ?? all));
}

/** Tell it once to whoever listens, without moving anything. @param {string} text */
export function announce(text) {
  const voice = document.getElementById("said");
  if (voice) voice.textContent = text;
}
