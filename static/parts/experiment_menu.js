// @ts-check
import { call, Refused } from "../edge/api.js";
import { favourites } from "../edge/favourites.js";
import { keys } from "../edge/keys.js";
import { now } from "../edge/ticking.js";
import { byFavour } from "../pure/experiments.js";
import { ago } from "../pure/time.js";
import { openMenu } from "./menu.js";

const MOST = 12;

/**
 * Opens the menu of the experiment's name: its wall and handover, the favourites and those with the last activity, on the
 * same page of theirs as this one, and the way to all of them.
 * @param {HTMLElement} button @param {Page} page
 */
export async function openExperiments(button, page) {
  const here = page.experiment?.name ?? "";
  const room = location.pathname.split("/").slice(3).join("/");
  const found = await others(page, here);
  const items = byFavour(found, favourites(), "activity")
    .slice(0, MOST)
    .map(({ name, last_activity_at: at }) => ({
      text: name,
      note: at ? ago(at, now()) : "",
      choose: () => location.assign(`/experiments/${name}${room && `/${room}`}`),
    }));
  const handover = async () => (await import("./handover_dialog.js")).openHandover(page);
  openMenu(button, "Experiments", [
    { text: "Wall", note: `of ${here}`, choose: () => location.assign(`/experiments/${here}/wall`) },
    { text: "Handover", note: `of ${here}`, choose: () => void keys.hold(handover()) },
    ...items,
    { text: "All experiments", choose: () => location.assign("/") },
  ]);
}

/** None while the server does not answer: the way to all of them is offered still. @param {Page} page @param {string} here */
async function others({ api }, here) {
  try {
    const { items } = await call("GET", `${api}/experiments?limit=500`);
    return /** @type {Experiment[]} */ (items).filter(({ name }) => name !== here);
  } catch (cause) {
    if (cause instanceof Refused) return [];
    throw cause;
  }
}
