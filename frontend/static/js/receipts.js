// @ts-check
// Receipts on the pages: sealed before a question is sent, checked before it is called received.
import { Unable, Wrong, fromBase64url } from "./log/bytes.js";
import { checkReceipt, freshSeal, locksOf, readReceipt, saysTheSame, secretsOf } from "./log/receipt.js";
import { rememberNote, rememberRoot, watchLog } from "./heads.js";
import { dropUnsent, forget, keep, keptOf } from "./kept.js";
import { drawNumber, drawOffers, drawProof, offerEvidence } from "./ticket.js";

const LOOKS_MS = [0, 500, 1000, 1500, 2000, 3000, 5000, 8000];
const CODE = /^[A-Za-z0-9_-]{22}$/;
const WATCH_MS = 5000; // thousands of pages must not ask in one instant

/** Where the page says which log it is of. */
function place() {
  const { vkey = "", address = "", slug = "", live = "" } = document.getElementById("log")?.dataset ?? {};
  return { vkey, address, slug, live: live === "1" };
}

/**
 * The seal of a question that is about to be sent; the same again for the same id. Null where this
 * browser can make or keep none: then the question goes without.
 * @param {string} q @param {string} text @param {string} slug
 */
export async function sealFor(q, text, slug) {
  try {
    const before = keptOf(q);
    const kept = before ?? { q, slug, at: Date.now(), ...(await freshSeal()) };
    return keep({ ...kept, text, sent: true }) ? kept : null;
  } catch {
    return null;
  }
}

/** Check the proof of the question on a ticket and say on it what came out. @param {HTMLElement} ticket */
export async function prove(ticket) {
  const { q = "", fate = "" } = ticket.dataset;
  drawProof(ticket, "looking");
  let held = await fetched(`${fate}/receipt.json`);
  if (held === "erased") return drawProof(ticket, "erased");
  if (!held) return drawProof(ticket, "late");
  drawNumber(ticket, held.number);
  let kept = keptOf(q);
  // What the server lost this browser may hold still: the leaf's commitment tells whether it is the text.
  if (held.opening === null && kept?.file?.opening) held = { ...held, salt: kept.file.salt, opening: kept.file.opening };
  try {
    const found = await checkReceipt(held, place().vkey);
    rememberNote(place().vkey, found.head.note);
    // A code that came by a link and does not open this question is anybody's: no word against the log.
    if (kept?.text === null && found.leaf.hl?.w !== kept.hl.w) kept = forget(q);
    if (kept) await fits(kept, found);
    drawProof(ticket, found.opening ? "checked" : "lost");
    ticket.dataset.size = String(found.head.size);
    drawOffers(ticket, held, kept, found.head);
  } catch (error) {
    if (error instanceof Wrong) drawProof(ticket, "wrong", error);
    else if (error instanceof Unable) drawProof(ticket, "unable");
    else throw error;
    drawOffers(ticket, held, kept, null);
  }
  if (kept) keep({ ...kept, file: held });
}

/** What the log took must be what this browser sent. @param {import("./kept.js").Kept} kept @param {any} found */
async function fits(kept, found) {
  if (found.leaf.hl?.w !== kept.hl.w || found.leaf.hl?.a !== kept.hl.a) throw new Wrong("lock", "the lock is another");
  if (kept.text !== null && found.opening && !saysTheSame(kept.text, found.opening.text)) throw new Wrong("text", found.opening.text);
}

/**
 * The receipt file, once the server has it; "erased" where it says so; null when it takes too long.
 * What is no receipt (a portal's page in its place) counts as no answer. @param {string} address
 */
async function fetched(address) {
  for (const wait of LOOKS_MS) {
    await new Promise((done) => setTimeout(done, wait));
    try {
      const answer = await fetch(address, { cache: "no-store", redirect: "error" });
      if (answer.status === 200) return readReceipt(await answer.text());
      if (answer.status === 410) return "erased";
      if (answer.status !== 202 && answer.status < 500) return null;
    } catch {
      continue; // cut off, sent elsewhere, or not a receipt
    }
  }
  return null;
}

/** The code of the receipt that was opened by its link: kept here from now on. @param {HTMLElement} ticket */
async function takeFragment(ticket) {
  const given = new URLSearchParams(location.hash.slice(1));
  const [code, size, root] = [given.get("k"), Number(given.get("s")), given.get("r")];
  if (!code || !CODE.test(code)) return;
  history.replaceState(null, "", location.pathname + location.search);
  const { q = "" } = ticket.dataset;
  if (!keptOf(q)) keep({ q, slug: place().slug, code, salt: "", hl: await locksOf(code), text: null, at: Date.now() });
  if (Number.isSafeInteger(size) && size > 0 && root) rememberRoot(place().vkey, size, fromBase64url(root));
}

/** A form that needs the asker's secret gets it from the receipt, kept or pasted. @param {HTMLFormElement} form */
function unlock(form) {
  const field = /** @type {HTMLInputElement | null} */ (form.elements.namedItem("pre"));
  if (!field) return;
  const lock = form.dataset.lock === "a" ? "a" : "w";
  // The server learns the one secret that it needs, not the code that gives both.
  const sent = Object.assign(document.createElement("input"), { type: "hidden", name: "pre" });
  field.removeAttribute("name");
  form.append(sent);
  /** @type {Promise<void> | null} until the secret of what was given last is made */
  let making = null;
  const make = async (/** @type {string} */ code) => {
    // Without WebCrypto the code itself, as without a script.
    const secrets = CODE.test(code) ? await secretsOf(code).catch(() => null) : null;
    return secrets?.[lock] ?? code;
  };
  const take = (/** @type {string} */ code) => {
    const mine = make(code).then((secret) => {
      if (making === mine) [sent.value, making] = [secret, null];
    });
    making = mine;
  };
  form.addEventListener("submit", (event) => {
    if (!making) return;
    event.preventDefault(); // a hand may be quicker than the secret, which the server needs
    making.then(() => form.requestSubmit(event.submitter));
  });
  field.addEventListener("input", () => take(field.value.trim()));
  const kept = keptOf(/** @type {HTMLInputElement} */ (form.elements.namedItem("q")).value);
  if (!kept) return;
  field.required = false;
  /** @type {HTMLElement} */ (field.closest(".secret")).hidden = true;
  take(kept.code);
}

/** Everything on this page that has to do with receipts. */
export async function start() {
  const tickets = /** @type {HTMLElement[]} */ ([...document.querySelectorAll(".ticket[data-q]")]);
  if (tickets.length === 1) await takeFragment(tickets[0]).catch(() => undefined);
  for (const form of document.querySelectorAll("form[data-lock]")) unlock(/** @type {HTMLFormElement} */ (form));
  dropUnsent(Date.now());
  // A receipt's link that is opened over its own question loads nothing by itself.
  addEventListener("hashchange", () => location.hash.startsWith("#k=") && location.reload());
  for (const ticket of tickets) await prove(ticket);
  const { address, vkey, live } = place();
  setTimeout(async () => {
    const evidence = await watchLog(address, vkey, live);
    if (evidence) offerEvidence(evidence);
  }, Math.random() * WATCH_MS);
}
