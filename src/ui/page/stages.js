// Stages: rows, bytes, spills and how uneven the tasks were; one of them with its tasks.
import { bars } from "/static/charts.js";
import { badge, column, facts, fold, link, make, section, share, short, status, table, title } from "/static/elements.js";
import { bytes, duration, moment, number, rounded, since } from "/static/numbers.js";
import { ask, parameters } from "/static/rest.js";
import { word } from "/static/words.js";

const SHOWN = 100;
const TASKS = 1000;
// A task that takes so many times what the middle one does, and is no trifle, is called uneven.
const UNEVEN = 3, TRIFLE_US = 20000;

export const stageColumns = () => [
  column("id"), column("description"), column("status"), column("submitted", "when"), column("duration", "number"), column("tasks"),
  column("input", "number"), column("rows", "number"), column("bytes", "number"), column("spills", "number"), column("uneven"), column("failure"),
];

// How the middle task and the largest differ, by time and by rows.
function skew(spread) {
  if (!spread || spread.tasks < 2) return "-";
  const { micros, rows } = spread;
  const times = `${duration(micros.median / 1000)} / ${duration(micros.max / 1000)}`;
  const uneven = micros.max >= TRIFLE_US && micros.max >= UNEVEN * Math.max(1, micros.median);
  const counts = rows.max ? make("small", { class: "block" }, word("rows_of", number(rows.median), number(rows.max))) : null;
  return make("span", {}, times, counts, uneven ? badge(word("times_median", rounded(micros.max / Math.max(1, micros.median))), "bad") : null);
}

// What was read of files and of kept rows.
function input(size, rows) {
  return rows || size ? make("span", {}, bytes(size), make("small", { class: "block" }, word("of_rows", number(rows)))) : "-";
}

export function stageRows(all, spreads) {
  const of = new Map((spreads ?? []).map((spread) => [spread.stageId, spread]));
  return all.slice(0, SHOWN).map((stage) => {
    const spread = of.get(stage.stageId);
    return { id: `stage-${stage.stageId}`, cells: [
      link(`/stages/?id=${stage.stageId}`, String(stage.stageId)), short(stage.name), status(stage.status), moment(stage.submissionTime),
      stage.submissionTime ? duration(since(stage.submissionTime, stage.completionTime)) : "-",
      share(stage.numCompleteTasks, stage.numTasks, stage.numFailedTasks), input(stage.inputBytes, stage.inputRecords), number(stage.outputRecords),
      spread?.totalBytes ? bytes(spread.totalBytes) : "-", spread?.spilledBytes ? bytes(spread.spilledBytes) : "-",
      skew(spread), fold(stage.failureReason),
    ] };
  });
}

export function stages() {
  const id = parameters.get("id");
  return id === null ? all() : stage(id);
}

async function all() {
  const [list, spreads] = await Promise.all([ask(`/stages?length=${SHOWN}`), ask(`/pyrite/stages?length=${SHOWN}`)]);
  return [title(word("stages")), table(word("stages"), stageColumns(), stageRows(list, spreads))];
}

async function stage(id) {
  const [one, spreads] = await Promise.all([ask(`/stages/${encodeURIComponent(id)}/0`), ask("/pyrite/stages")]);
  if (!one) return [title(word("no_stage", id)), make("p", {}, link("/stages/", word("back")))];
  const spread = spreads.find((known) => known.stageId === one.stageId);
  const tasks = Object.values(one.tasks).sort((a, b) => a.index - b.index || a.attempt - b.attempt);
  const columns = [column("task", "number"), column("partition", "number"), column("attempt", "number"), column("status"), column("launched", "when"), column("duration", "number"), column("cpu", "number"), column("input", "number"), column("rows", "number"), column("bytes", "number"), column("spills", "number")];
  const rows = tasks.slice(0, TASKS).map(({ taskMetrics: of, ...task }) => ({ id: `task-${task.taskId}`, cells: [
    String(task.taskId), String(task.index), String(task.attempt), status(task.status), moment(task.launchTime, true), duration(task.duration),
    duration(of.executorCpuTime / 1e6), input(of.inputMetrics.bytesRead, of.inputMetrics.recordsRead),
    number(of.outputMetrics.recordsWritten), bytes(of.shuffleWriteMetrics.bytesWritten), bytes(of.diskBytesSpilled),
  ] }));
  const each = (of) => tasks.slice(0, TASKS).map((task) => [`${word("partition")} ${task.index}`, of(task)]);
  const chart = (name, of, show) => make("section", { class: "measure wide" }, make("h3", {}, word(name)), bars(word(name), each(of), show));
  return [
    title(`${word("stage")} ${one.stageId}: ${short(one.name)}`),
    facts([word("status"), status(one.status)], [word("tasks"), share(one.numCompleteTasks, one.numTasks, one.numFailedTasks)],
      [word("cpu"), duration(one.executorCpuTime / 1e6)], [word("input"), input(one.inputBytes, one.inputRecords)], [word("rows"), number(one.outputRecords)], [word("bytes"), bytes(spread?.totalBytes ?? 0)], [word("spills"), bytes(spread?.spilledBytes ?? 0)],
      [word("uneven"), skew(spread)]),
    ...(one.failureReason ? [section("failure"), make("div", {}, fold(one.failureReason, true))] : []),
    make("div", { class: "measures" }, chart("skew", (task) => task.duration, duration), chart("skew_rows", (task) => task.taskMetrics.outputMetrics.recordsWritten, (value) => number(Math.round(value)))),
    section("all_tasks"), table(word("all_tasks"), columns, rows),
  ];
}
