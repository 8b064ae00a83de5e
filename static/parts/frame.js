// @ts-check
import { byId, h } from "../edge/dom.js";
import { ticks } from "../edge/ticking.js";
import { clock, full, zone } from "../pure/time.js";

const THEMES = { "": "system", light: "light", dark: "dark" };
const THEME_KEY = "batchboard-theme";

/** Heading and footing of every page: where we are, what time it is, who answers. @param {Page} page */
export function showFrame(page) {
  applyTheme(localStorage.getItem(THEME_KEY) ?? "");
  const top = byId("top");
  const measure = () => document.documentElement.style.setProperty("--heading-height", `${top.offsetHeight}px`);
  new ResizeObserver(measure).observe(top);
  if (page.experiment) showRooms(page.experiment.name);
  const time = byId("clock");
  ticks(time, (now) => `${clock(now)} ${zone()}`);
  time.title = full(Date.now());
  const facts = [`Batchboard ${page.version}`, `instance ${page.instance}`, `news by ${page.bus}`, `you are ${page.user}`];
  byId("footing").append(
    ...facts.map((fact) => h("span", {}, fact)),
    h("a", { href: `${page.api}/docs` }, "API"),
    themeChoice(),
  );
}

/** @param {string} experiment */
function showRooms(experiment) {
  const base = `/experiments/${experiment}`;
  const here = location.pathname.replace(/\/$/, "");
  const link = (/** @type {string} */ room, /** @type {string} */ text, /** @type {string} */ href) =>
    h(
      "span",
      { class: "room" },
      h("span", { class: "room-name" }, room),
      h("a", { href, "aria-current": here === href && "page" }, text),
    );
  byId("rooms").append(
    h("a", { class: "experiment", href: "/", title: "All experiments" }, experiment),
    link("Experiment", "Batch defs", `${base}/definitions`),
    link("Run Tables", "Batch control", base),
  );
}

function themeChoice() {
  const chosen = document.documentElement.dataset.theme ?? "";
  const options = Object.entries(THEMES).map(([value, text]) => h("option", { value, selected: value === chosen }, text));
  const select = h("select", {}, ...options);
  select.addEventListener("change", () => {
    localStorage.setItem(THEME_KEY, select.value);
    applyTheme(select.value);
  });
  return h("label", { class: "theme" }, "Theme ", select);
}

/** @param {string} theme */
function applyTheme(theme) {
  if (theme in THEMES && theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
}
