// @ts-check
import { call } from "../edge/api.js";
import { noteUsed } from "../edge/last_used.js";
import { act } from "./act.js";
import { chooseHash } from "./hash_choice.js";
import { askAgain, liveJob } from "./job_actions.js";
import { say } from "./say.js";

/**
 * Opens the choice of a hash for a run at its button; what is chosen is applied, after a question when it is live there.
 * @param {Desk} desk @param {Run} run @param {HTMLButtonElement} button @param {HTMLElement} place where a refusal is shown
 */
export function openApply(desk, run, button, place) {
  const { page, store } = desk;
  chooseHash({
    anchor: button,
    label: `Hash for run ${run.number}`,
    experiment: run.experiment,
    definitions: store.all("definition"),
    note: ({ id }) => (liveJob(store, run.number, id) ? "live on this run" : ""),
    onChoose: async (definition) => {
      const live = liveJob(store, run.number, definition.id);
      if (live && !(await askAgain(live))) return;
      const taken = await act({
        button,
        place,
        send: async () => {
          const body = { definition: definition.id, runs: run.number };
          const made = await call("POST", `${page.api}/experiments/${run.experiment}/jobs`, body);
          noteUsed(run.experiment, definition.id);
          return made;
        },
        seen: ({ jobs }) => jobs.every((/** @type {Job} */ job) => store.get(`job/${job.id}`)),
      });
      if (taken) say(`${definition.name} is applied to run ${run.number}`);
    },
  });
}
