// @ts-check
// What a receipt's ticket shows: how far its proof is, the file, the QR code; and evidence, where there is some.
import { base64url } from "./log/bytes.js";
import { qrMatrix } from "./log/qr.js";
import { announce, say } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";
const BORDER = 2;

/**
 * @param {HTMLElement} ticket @param {"looking" | "late" | "checked" | "lost" | "unable" | "erased" | "wrong"} state
 * @param {{code: string, message: string} | null} why
 */
export function drawProof(ticket, state, why = null) {
  let line = /** @type {HTMLElement | null} */ (ticket.querySelector(".proof"));
  if (!line) {
    line = document.createElement("p");
    line.className = "proof";
    const saved = ticket.querySelector(".saved");
    if (saved) saved.after(line);
    else ticket.querySelector(".file")?.before(line);
  }
  const told = why?.code === "text" ? say("proof_text", { text: why.message }) : say("proof_wrong", { why: say(`why_${why?.code}`) });
  line.dataset.proof = state;
  line.textContent = state === "wrong" ? told : say(`proof_${state}`);
  if (state !== "looking") announce(line.textContent);
}

/** The number of a question whose answer came before it. @param {HTMLElement} ticket @param {number | null} n */
export function drawNumber(ticket, n) {
  const shown = ticket.querySelector(".number");
  if (shown && n && !/\d/.test(shown.textContent ?? "")) shown.textContent = say("ticket", { n });
}

/**
 * The receipt as a file with its code, and the QR code of its link, which the server must not see.
 * @param {HTMLElement} ticket @param {any} held @param {import("./kept.js").Kept | null} kept
 * @param {{size: number, root: Uint8Array} | null} head
 */
export function drawOffers(ticket, held, kept, head) {
  ticket.querySelector(".offers")?.remove();
  const offers = document.createElement("div");
  offers.className = "offers";
  const file = kept ? { ...held, code: kept.code } : held;
  offers.append(download(say("receipt_save"), `receipt-${held.number ?? held.q}.json`, file));
  if (kept && head && held.follow) offers.append(code(`${held.follow}#k=${kept.code}&s=${head.size}&r=${base64url(head.root)}`, kept.code));
  ticket.querySelector(".file")?.remove();
  const line = ticket.querySelector(".proof");
  line?.after(offers);
}

/** @param {string} words @param {string} name @param {any} value */
export function download(words, name, value) {
  const link = document.createElement("a");
  link.download = name;
  link.href = URL.createObjectURL(new Blob([JSON.stringify(value, null, 1)], { type: "application/json" }));
  link.textContent = words;
  return link;
}

/** @param {string} address @param {string} words */
function code(address, words) {
  const details = document.createElement("details");
  const summary = document.createElement("summary");
  summary.textContent = say("receipt_qr");
  const hint = document.createElement("p");
  hint.textContent = say("receipt_hint");
  const spelled = document.createElement("p");
  spelled.append(say("receipt_code"), " ", Object.assign(document.createElement("code"), { textContent: words }));
  details.append(summary, qrImage(address), hint, spelled);
  return details;
}

/** @param {string} text */
function qrImage(text) {
  const rows = qrMatrix(text);
  const size = rows.length + 2 * BORDER;
  const image = document.createElementNS(SVG, "svg");
  image.setAttribute("viewBox", `0 0 ${size} ${size}`);
  image.setAttribute("class", "qr");
  image.setAttribute("width", "208");
  image.setAttribute("height", "208");
  image.setAttribute("role", "img");
  image.setAttribute("aria-label", say("receipt_qr"));
  image.setAttribute("shape-rendering", "crispEdges");
  const path = document.createElementNS(SVG, "path");
  const squares = rows.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x + BORDER} ${y + BORDER}h1v1h-1z` : "")));
  path.setAttribute("d", squares.join(""));
  image.append(path);
  return image;
}

/** The log does not contain what it contained: say so, and give what a third person needs. @param {import("./heads.js").Evidence} evidence */
export function offerEvidence(evidence) {
  const notice = document.createElement("div");
  notice.className = evidence.says === "unsigned" ? "notice" : "complaint evidence";
  notice.setAttribute("role", "alert");
  const words = document.createElement("p");
  words.textContent = say(`evidence_${evidence.says}`);
  const file = { v: 1, found: new Date().toISOString(), ...evidence };
  notice.append(words);
  if (evidence.says !== "unsigned") notice.append(download(say("evidence_save"), "evidence.json", file));
  document.getElementById("main")?.prepend(notice);
}
