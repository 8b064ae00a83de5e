// @ts-check
/** Differences of short texts (paths, parameters), word by word; in a path each folder is a word. */

/** @typedef {{kind: "same" | "gone" | "new", text: string}} Piece */

/**
 * What became of a text: its pieces in order, those that are gone before those that are new in their place.
 * @param {string} before @param {string} after @returns {Piece[]}
 */
export function diffWords(before, after) {
  const [a, b] = [words(before), words(after)];
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < Math.min(a.length, b.length) - start && a.at(-1 - end) === b.at(-1 - end)) end += 1;
  const middle = changed(a.slice(start, a.length - end), b.slice(start, b.length - end));
  return joined([...same(a.slice(0, start)), ...middle, ...same(a.slice(a.length - end))]);
}

/** @param {string} text @returns {string[]} */
function words(text) {
  return text.match(/\s+|\/|[^\s/]+/g) ?? [];
}

/** @param {string[]} all @returns {Piece[]} */
function same(all) {
  return all.map((text) => ({ kind: "same", text }));
}

/** By the longest common subsequence. @param {string[]} a @param {string[]} b @returns {Piece[]} */
function changed(a, b) {
  const width = b.length + 1;
  const common = new Uint16Array((a.length + 1) * width); /* of what is left from i and j on */
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      const [skipA, skipB] = [common[(i + 1) * width + j], common[i * width + j + 1]];
      common[i * width + j] = a[i] === b[j] ? common[(i + 1) * width + j + 1] + 1 : Math.max(skipA, skipB);
    }
  }
  /** @type {Piece[]} */
  const pieces = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      pieces.push({ kind: "same", text: a[i] });
      [i, j] = [i + 1, j + 1];
    } else if (j === b.length || (i < a.length && common[(i + 1) * width + j] >= common[i * width + j + 1])) {
      pieces.push({ kind: "gone", text: a[i++] });
    } else pieces.push({ kind: "new", text: b[j++] });
  }
  return pieces;
}

/** Neighbours of one kind become one piece; between two changes a blank or a slash alone is no common ground. @param {Piece[]} pieces */
function joined(pieces) {
  /** @type {Piece[]} */
  const out = [];
  let [gone, made] = ["", ""];
  const flush = () => {
    if (gone) out.push({ kind: "gone", text: gone });
    if (made) out.push({ kind: "new", text: made });
    [gone, made] = ["", ""];
  };
  pieces.forEach(({ kind, text }, i) => {
    const [before, after] = [pieces[i - 1]?.kind, pieces[i + 1]?.kind];
    const thin = kind === "same" && /^(\s+|\/)$/.test(text) && gone && made && after !== undefined && before !== "same" && after !== "same";
    if (kind === "gone" || thin) gone += text;
    if (kind === "new" || thin) made += text;
    if (kind !== "same" || thin) return;
    flush();
    const last = out.at(-1);
    if (last?.kind === "same") last.text += text;
    else out.push({ kind: "same", text });
  });
  flush();
  return out;
}
