// @ts-check

/**
 * A post as it was received. `truncated`: the body was longer than what is kept of it.
 * @typedef {{n: number, at: string, body: string, accepted: number, skipped: {key: string, reason: string}[], truncated?: boolean}} Post
 */

/** The body as one reads it: JSON with line breaks, anything else as it came. @param {string} body */
export function pretty(body) {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body; /* no JSON, or cut off */
  }
}

/** `3 taken`, `2 taken, 1 not`, `refused`. @param {Post} post */
export function verdict({ accepted, skipped }) {
  if (skipped.length && !accepted) return skipped.some(({ key }) => key === "") ? "refused" : "nothing taken";
  return skipped.length ? `${accepted} taken, ${skipped.length} not` : `${accepted} taken`;
}

/** Why something of it was not taken, each as a sentence. @param {Post} post @returns {string[]} */
export function reasons({ skipped }) {
  return skipped.map(({ key, reason }) => (key ? `${key}: ${reason}` : reason));
}

/** A line for a shell that posts to an address: a word that the shell reads as it stands. @param {string} address */
export function curl(address) {
  return `curl -sS -H 'Content-Type: application/json' -d '{"counters": {"Progress": "3/20"}}' ${address}`;
}

/** A text as one word of a shell. @param {string} text */
export function quoted(text) {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
