// @ts-check
import { call } from "../edge/api.js";
import { ask } from "./ask.js";

const COUNTED = 500;

/**
 * Deletes a hash, or archives one that jobs have used; asks first, in words of what it will do. Raises Refused.
 * @param {Page} page @param {Definition} row @param {() => void} onSure called when it was confirmed, before it is done
 */
export async function endDefinition(page, row, onSure) {
  const address = `${page.api}/experiments/${row.experiment}`;
  const used = (await call("GET", `${address}/jobs?definition=${row.id}&limit=${COUNTED}`)).items.length;
  const jobs = used === 1 ? "1 job" : `${used === COUNTED ? `${COUNTED} or more` : used} jobs`;
  const sure = await ask({
    title: used ? `Archive ${row.name}?` : `Delete ${row.name}?`,
    text: used
      ? `${jobs} of this experiment used it. They keep their reports and history; the hash leaves the drop-down.`
      : "No job has used it.",
    safe: "Keep it",
    act: used ? "Archive 1 hash" : "Delete 1 hash",
    danger: true,
  });
  if (!sure) return;
  onSure();
  await call("DELETE", `${address}/definitions/${row.id}`);
}
