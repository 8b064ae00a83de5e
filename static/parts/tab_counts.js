// @ts-check
import { call } from "../edge/api.js";
import { askAgain } from "../edge/asking.js";
import { countsOf } from "../pure/overview.js";
import { showCounts } from "./frame.js";

const EVERY = 10_000;

/** Title and icon of a page that does not count jobs itself. @param {Page} page */
export function followCounts({ api, experiment }) {
  askAgain(async () => showCounts(countsOf(await call("GET", `${api}/experiments/${experiment?.name}/overview`))), EVERY);
}
