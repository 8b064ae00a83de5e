// @ts-check
import { Refused } from "./api.js";
import { onRows } from "./page.js";

const AFTER_FAILURE = 5_000;

/**
 * Asks now, and again after anything has changed on the feed, one question at a time and at most one in `every` ms. What
 * is refused or not answered is asked for again after 5 s; the chip says that the server is away.
 * @param {() => Promise<void>} ask @param {number} every @returns {() => void} asks again soon, changed or not
 */
export function askAgain(ask, every) {
  let asking = false;
  let wanted = false;
  const next = async () => {
    if (asking) return;
    asking = true;
    while (wanted) {
      wanted = false;
      const failed = await ask().then(() => false, refused);
      wanted ||= failed;
      await new Promise((resolve) => setTimeout(resolve, failed ? Math.max(every, AFTER_FAILURE) : every));
    }
    asking = false;
  };
  const want = () => {
    wanted = true;
    void next();
  };
  onRows(want);
  want();
  return want;
}

/** @param {unknown} cause */
function refused(cause) {
  if (!(cause instanceof Refused)) throw cause;
  return true;
}
