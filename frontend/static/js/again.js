// @ts-check
// Waits for an address that the store's absence keeps from being shown. On the page that says so, that page.

const FIRST_MS = 2000;
const LONGEST_MS = 15_000;

/** Return once the address answers, well or by a refusal; asks ever less often. @param {string} address */
export async function answered(address) {
  for (let wait = FIRST_MS; ; wait = Math.min(1.5 * wait, LONGEST_MS)) {
    const answer = await fetch(address, { method: "HEAD", cache: "no-store" }).catch(() => undefined);
    if (answer && answer.status < 500) return;
    await new Promise((done) => setTimeout(done, wait * (0.5 + Math.random())));
  }
}

if (document.querySelector("[data-again]")) setTimeout(() => answered(location.href).then(() => location.reload()), FIRST_MS);
