// @ts-check

/** A key for `Idempotency-Key`: not guessable and used once; also where the page did not come by https. */
export function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
