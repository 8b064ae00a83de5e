// @ts-check
import { attribute, byId, h, setRoot, setText } from "../edge/dom.js";
import { keys } from "../edge/keys.js";
import { HINT_KEY, remember, remembered, SESSION_KEY, WATCHES_KEY } from "../edge/settings.js";
import { symbol } from "../edge/symbol.js";
import { everySecond, now, ticks } from "../edge/ticking.js";
import { clock, full, zone } from "../pure/time.js";
import { iconFor, titleWith } from "../pure/title.js";

/** @typedef {import("../pure/store.js").Store} Store */

const EVERYWHERE = "Everywhere";
const WARN_BEFORE = 30 * 60_000;
const plainTitle = document.title;

/** Heading and footing of every page: where we are, what time it is, who answers. @param {Page} page @param {Store} store */
export function showFrame(page, store) {
  const top = byId("top");
  const root = document.documentElement;
  const measure = () => {
    setRoot("--heading-height", `${top.offsetHeight}px`);
    setRoot("--page-width", `${root.clientWidth}px`);
  };
  const resized = new ResizeObserver(measure);
  resized.observe(top);
  resized.observe(root);
  if (page.experiment) showRooms(page, page.experiment.name);
  if (page.experiment && /(activity|definitions)\/?$/.test(location.pathname))
    void import("./tab_counts.js").then(({ followCounts }) => followCounts(page));
  const time = byId("clock");
  ticks(time, (now) => `${clock(now)} ${zone()}`);
  time.addEventListener("pointerenter", () => attribute(time, "title", full(now())));
  showTools(page, store);
  const hint = document.getElementById("hint");
  if (hint) showHint(hint);
  const facts = [`Batchboard ${page.version}`, `instance ${page.instance}`, `news by ${page.bus}`, `you are ${page.user}`];
  byId("footing").append(...facts.map((fact) => h("span", {}, fact)), h("a", { href: `${page.api}/docs` }, "API"));
  everySecond(async () => {
    if (page.experiment && store.all("location").some(({ queues }) => queues)) (await import("./queue_strip.js")).showQueues(store);
  });
  const ends = Date.parse(page.session_ends_at ?? "");
  if (ends > remembered(SESSION_KEY, 0)) remember(SESSION_KEY, ends);
  measure(); /* before there are rows, which would have to be styled again */
}

/** For somebody who has never applied a hash with this browser; gone for good with the first one, or when dismissed. @param {HTMLElement} hint */
function showHint(hint) {
  const show = () => (hint.hidden = remembered(HINT_KEY, false));
  hint.querySelector("button")?.addEventListener("click", () => {
    remember(HINT_KEY, true);
    hint.remove();
  });
  show();
  everySecond(show);
}

/** @param {Page} page @param {string} experiment */
function showRooms(page, experiment) {
  const base = `/experiments/${experiment}`;
  const here = location.pathname.replace(/\/$/, "");
  const name = h("button", { type: "button", class: "experiment", title: "Other experiments", "aria-haspopup": "menu" }, experiment, symbol("down"));
  const open = async () => (await import("./experiment_menu.js")).openExperiments(name, page);
  name.addEventListener("click", () => void keys.hold(open()));
  const rooms = [
    { room: "Experiment", text: "Batch defs", href: `${base}/definitions` },
    { room: "Run Tables", text: "Batch control", href: base },
    { text: "Activity", href: `${base}/activity` },
    { text: "Overview", href: `${base}/overview` },
  ];
  byId("rooms").append(name);
  rooms.forEach(({ room, text, href }, i) => {
    const link = h("a", { href, "aria-current": here === href && "page" }, text);
    byId("rooms").append(h("span", { class: "room" }, room && h("span", { class: "room-name" }, room), link));
    keys.add({ key: String(i + 1), text, group: EVERYWHERE, run: () => here !== href && location.assign(href) });
  });
}

/** Buttons at the end of the heading; what they open is loaded then. @param {Page} page @param {Store} store */
function showTools(page, store) {
  const tool = (/** @type {string} */ name, /** @type {string} */ text, /** @type {(button: HTMLElement) => any} */ open) => {
    const button = h("button", { type: "button", class: "icon", title: text, "aria-label": text }, name === "?" ? "?" : symbol(name));
    button.addEventListener("click", () => void keys.hold(open(button)));
    byId("tools").append(button);
    return button;
  };
  if (page.experiment) {
    const bell = tool("bell", "Notifications", async () =>
      (await import("./notifications.js")).openNotifications(bell, page, store),
    );
    if (Object.keys(remembered(WATCHES_KEY, {})).length)
      void import("./notifications.js").then(({ followWatches }) => followWatches(bell, page, store));
  }
  const settings = tool("settings", "Settings", async () => (await import("./settings_menu.js")).openSettings(settings));
  const help = async () => (await import("./help_sheet.js")).openHelp();
  tool("?", "Keys", help);
  keys.add({ key: "?", text: "This sheet", group: EVERYWHERE, run: help });
}

/** Title and icon of the tab say what runs and what failed. @param {{running: number, failed: number}} counts */
export function showCounts(counts) {
  const [title, icon] = [titleWith(counts, plainTitle), document.querySelector("link[rel=icon]")];
  if (document.title !== title) document.title = title;
  const href = icon?.getAttribute("href")?.replace(/[^/]*$/, iconFor(counts));
  if (icon) attribute(icon, "href", href);
}

/** Warns before the login ends, and asks for a new one after it. @param {Page} page @param {boolean} out */
export function showSession(page, out) {
  const ends = Math.max(Date.parse(page.session_ends_at ?? ""), remembered(SESSION_KEY, 0));
  const near = page.session_ends_at !== null && ends - now() < WARN_BEFORE;
  const note = byId("session-note");
  if (out || near) void import("./session_note.js").then(({ showNote }) => showNote(note, out ? null : ends));
  else if (!note.hidden) setText(note, "");
  note.hidden = !out && !near;
}
