// The log's modules over cases made in Python; Uint8Arrays travel as base64.
import { base64, fromBase64, hex } from "../../frontend/static/js/log/bytes.js";
import { canonical, commitment, meetingOf, readLeaf } from "../../frontend/static/js/log/leaf.js";
import { openCheckpoint, readKey } from "../../frontend/static/js/log/note.js";
import { verifyProof } from "../../frontend/static/js/log/proof.js";
import { qrMatrix } from "../../frontend/static/js/log/qr.js";
import { readLog, tileNode } from "../../frontend/static/js/log/reading.js";
import { checkReceipt, freshSeal, locksOf, saysTheSame, secretsOf } from "../../frontend/static/js/log/receipt.js";
import { Growing, consistencyProof, earlierRoot, leafHash, verifyConsistency, verifyInclusion } from "../../frontend/static/js/log/tree.js";
import { Zip } from "../../frontend/static/js/log/zip.js";

const bytes = (texts) => (texts ?? []).map(fromBase64);
const judged = async (work) => {
  try {
    return await work();
  } catch (error) {
    return error.code ?? `${error}`;
  }
};
const holds = (work) => judged(async () => (await work(), true));
const zipOf = (zip) => Zip.open(new Blob([fromBase64(zip)]));

export const PROVING = {
  inclusion: ({ leaf, index, size, proof, root }) =>
    holds(() => verifyInclusion(fromBase64(leaf), index, size, bytes(proof), fromBase64(root))),
  consistency: ({ before, after, proof, old, now }) =>
    holds(() => verifyConsistency(before, after, bytes(proof), fromBase64(old), fromBase64(now))),
  roots: async ({ leaves }) => {
    const tree = new Growing();
    const roots = [hex(await tree.root())];
    for (const leaf of bytes(leaves)) {
      await tree.take(await leafHash(leaf));
      roots.push(hex(await tree.root()));
    }
    return roots;
  },
  checkpoint: ({ note, vkey }) =>
    judged(async () => {
      const head = await openCheckpoint(note, await readKey(vkey));
      return [head.origin, head.size, hex(head.root)];
    }),
  proof: ({ text, leaf, vkey }) =>
    judged(async () => (await verifyProof(text, fromBase64(leaf), await readKey(vkey))).index),
  receipt: ({ held, vkey }) => judged(async () => (await checkReceipt(held, vkey)).index),
  canonical: ({ value }) => canonical(value),
  leaf: ({ data }) => judged(async () => readLeaf(fromBase64(data)).t),
  commitment: ({ salt, opening }) => judged(() => commitment(fromBase64(salt), opening)),
  meeting: ({ origin }) => judged(async () => meetingOf(origin)),
  secrets: async ({ code }) => [await secretsOf(code), await locksOf(code)],
  fresh: async () => {
    const [one, two] = [await freshSeal(), await freshSeal()];
    return [one.code.length, one.salt.length, one.code !== two.code, one.salt !== two.salt, one.hl.w !== one.hl.a];
  },
  says: ({ typed, taken }) => saysTheSame(typed, taken),
  zip: ({ zip, name, most }) =>
    judged(async () => {
      const found = await (await zipOf(zip)).get(name, most);
      return found && base64(found);
    }),
  log: ({ zip, vkey, q, size, root }) =>
    judged(async () => {
      const key = await readKey(vkey);
      const { head, found } = await readLog(await zipOf(zip), key, q, { size, root: fromBase64(root) }, () => {});
      return [head.size, found.map(({ index, leaf }) => [index, leaf.t])];
    }),
  grown: ({ zip, before, after, old, now }) =>
    holds(async () => {
      const proof = await consistencyProof(before, after, tileNode(await zipOf(zip), after));
      await verifyConsistency(before, after, proof, fromBase64(old), fromBase64(now));
    }),
  begun: ({ zip, before, after, now }) =>
    judged(async () => hex(await earlierRoot(before, after, fromBase64(now), tileNode(await zipOf(zip), after)))),
  qr: ({ text, mask }) => qrMatrix(text, mask).map((row) => row.join("")),
};
