// @ts-check
const TAGS_AT_MOST = 20;
const LONGEST = 40;

/**
 * Tags that were typed, with commas between them.
 * @param {string} typed @param {string[]} tags those there are
 * @returns {{tags: string[], problem: string | null}} all tags then; why they cannot be, in words
 */
export function addTags(typed, tags) {
  const wanted = typed.split(",").map((tag) => tag.trim().replace(/\s+/g, " ")).filter(Boolean);
  const all = [...new Set([...tags, ...wanted])];
  const long = wanted.find((tag) => [...tag].length > LONGEST);
  if (long) return { tags, problem: `A tag has at most ${LONGEST} characters: “${long.slice(0, LONGEST)}…”.` };
  if (wanted.some((tag) => /\p{C}/u.test(tag))) return { tags, problem: "A tag has printable characters only." };
  if (all.length > TAGS_AT_MOST) return { tags, problem: `A run has at most ${TAGS_AT_MOST} tags.` };
  return { tags: all, problem: null };
}
