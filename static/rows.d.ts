/** The rows of the live protocol as the pages use them. Times are RFC 3339 texts in UTC. */

interface Row {
  key: string;
  kind: string;
  seq: number;
}

interface Experiment extends Row {
  name: string;
  instrument: string;
  description: string;
  runs: number;
  last_run: number | null;
  jobs_live: number;
  last_activity_at: string | null;
  created_at: string;
}

interface Run extends Row {
  experiment: string;
  number: number;
  started_at: string;
  ended_at: string | null;
  params: Record<string, unknown>;
  jobs: Record<string, number>;
  /** status -> number of current jobs in it: the newest of each hash, and every live one */
  current: Record<string, number>;
  comment: string;
  tags: string[];
}

interface Definition extends Row {
  id: number;
  experiment: string;
  name: string;
  executable: string | null;
  parameters: string;
  location: string;
  created_by: string;
  created_at: string;
  archived_at: string | null;
  check: { ok: boolean; problem: string | null; at: string } | null;
  version: number;
  /** seconds without a change of its numbers after which a job is unusually quiet */
  quiet_after: number | null;
}

interface Counter {
  name: string;
  value: string | number | boolean | null;
  color: string | null;
  at: string | null;
}

interface Job extends Row {
  id: string;
  number: number;
  experiment: string;
  run: number;
  definition: { id: number; name: string };
  executable: string;
  parameters: string;
  user: string;
  location: string;
  status: string;
  as_of: string;
  detail: string;
  kill_requested_at: string | null;
  lsf_id: string | null;
  lsf_ids: string[];
  counters: Counter[];
  requested_at: string;
  submitted_at: string | null;
  started_at: string | null;
  ended_at: string | null;
  exit_code: number | null;
  reason: string | null;
  queue: string | null;
  host: string | null;
  log_file: string | null;
}

interface FarmLocation extends Row {
  name: string;
  agent_connected: boolean;
  agent_seen_at: string | null;
  agent_version: string | null;
  scheduler: string | null;
  scheduler_version: string | null;
  scheduler_answered_at: string | null;
  scheduler_format: string | null;
  scheduler_silent_since: string | null;
  scheduler_problem: string | null;
  queues: Queue[] | null;
  queues_at: string | null;
}

/** A queue of a farm, as bqueues tells it. */
interface Queue {
  name: string;
  status: string;
  pending: number;
  running: number;
  suspended: number;
}

/** One of the LSF jobs of a job. */
interface LsfJob {
  lsf_id: string;
  status: string;
  as_of: string;
  submitted_at: string;
  started_at: string | null;
  ended_at: string | null;
  exit_code: number | null;
  reason: string | null;
  queue: string | null;
  host: string | null;
  log_file: string | null;
  elements: Record<string, number>;
  /** bytes; null or left out: not told */
  max_memory?: number | null;
  memory_limit?: number | null;
  /** seconds */
  run_limit?: number | null;
  cpu_time?: number | null;
}

/** What the server put into a page. */
interface Page {
  scope: "site" | "experiment";
  experiment: Experiment | null;
  epoch: string;
  seq: number;
  rows: Row[];
  live: string;
  api: string;
  user: string;
  instance: string;
  bus: string;
  version: string;
  now: string;
  /** IANA name of the facility's zone */
  zone: string;
  /** null: no session of a browser */
  session_ends_at: string | null;
  /** on the page Batch control: which runs are in the view of its address, as of `seq` */
  table: TableIndex;
  /** of that address: parameter -> what was expected; these are no conditions */
  filter_problems: Record<string, string>;
  /** on the page Activity: its newest entries */
  activity?: { items: import("./pure/activity.js").Deed[]; next: string | null };
  /** on the page Overview */
  overview?: import("./pure/overview.js").Overview;
  /** on the page for a screen on the wall */
  wall?: import("./pure/wall.js").Wall;
  example: string | null;
}
