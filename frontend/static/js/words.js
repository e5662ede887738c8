// @ts-check
// The page's own sentences (from the catalogue, set by the server), what stands for words that are gone, and
// the polite voice.

const list = document.getElementById("sentences");
const sentences = list ? JSON.parse(list.textContent ?? "{}") : {};

/** @param {string} key @param {Record<string, string | number>} values */
export function say(key, values = {}) {
  const text = sentences[`js.${key}`] ?? key;
  return text.replace(/\{(\w+)\}/g, (/** @type {string} */ all, /** @type {string} */ name) => String(values[name] ?? all));
}

/**
 * A question's words, or why there are none any more, in the reader's language (parts.html: said).
 * @param {Element | null} node @param {any} row @param {string} text the wording or the asker's words, empty where they are gone
 */
export function drawWords(node, row, text) {
  const said = text || (row.gone ? say(`gone_${row.gone}`) : "");
  if (!node || node.textContent === said) return;
  node.textContent = said;
  node.classList.toggle("gone", !text && Boolean(row.gone));
  if (text) node.setAttribute("lang", row.lang);
  else node.removeAttribute("lang");
  node.setAttribute("dir", (text && row.dir) || "auto");
}

/** Tell it once to whoever listens, without moving anything. @param {string} text */
export function announce(text) {
  const voice = document.getElementById("said");
  if (voice) voice.textContent = text;
}
