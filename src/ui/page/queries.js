// Streaming queries: those that run and the last that ended; one of them with its numbers over time, sources, state, plan.
import { measure, stacked } from "/static/charts.js";
import { column, facts, fold, link, make, section, status, stopper, table, title } from "/static/elements.js";
import { bytes, duration, moment, number, rounded, stamp } from "/static/numbers.js";
import { ask, parameters } from "/static/rest.js";
import { word } from "/static/words.js";

// So many that have ended, and so many of a query's batches, are in the tables.
const SHOWN = 100;
const rate = (value) => word("rows_a_second", rounded(value, 2));
const code = (text, kind) => make("code", { class: kind }, text);
const address = (run) => `/StreamingQuery/statistics/?id=${run}`;
const sum = (values) => values.reduce((one, other) => one + other, 0);
const mean = (values) => (values.length ? sum(values) / values.length : undefined);

export async function queries() {
  const all = await ask("/pyrite/queries");
  if (!all?.length) return [title(word("StreamingQuery")), make("p", { class: "none" }, word("no_query"))];
  const running = all.filter((one) => one.status === "RUNNING"), ended = all.filter((one) => one.status !== "RUNNING");
  const columns = [
    column("name"), column("status"), column("started", "when"), column("duration", "number"), column("average_input", "number"), column("average_process", "number"),
    column("latest_batch", "number"),
  ];
  const list = (name, some, more, last) => [section(name, some.length), table(word(name, some.length), [...columns, more, column("id"), column("run_id")], some.slice(0, SHOWN).map((one) => row(one, last(one))))];
  return [
    title(word("StreamingQuery")),
    ...list("active_queries", running, word("action"), (one) => stopper(one.runId, one.name ?? one.id)),
    ...(ended.length ? list("ended_queries", ended, word("error"), (one) => fold(one.failure)) : []),
  ];
}

function row(one, last) {
  const doing = one.status === "RUNNING" ? make("small", { class: "block" }, one.message) : null;
  return { id: `query-${one.runId}`, cells: [
    link(address(one.runId), one.name ?? word("unnamed")), make("span", {}, status(one.status), doing), moment(one.startTime), duration(one.duration),
    rounded(one.avgInputPerSec, 2), rounded(one.avgProcessPerSec, 2), one.latestBatchId === undefined ? "-" : number(one.latestBatchId), last, code(one.id, "id"), link(address(one.runId), one.runId),
  ] };
}

// A query that waits tells of itself, too: what ran a batch has written it.
const ran = (told) => told.durationMs?.addBatch !== undefined;
const time = (told) => Date.parse(told.timestamp);
// Milliseconds since 1970; undefined as long as no row has had a time.
const watermark = (told) => Date.parse(told.eventTime?.watermark) || undefined;
const state = (told, name) => sum(told.stateOperators.map((operator) => operator[name] ?? 0));

export async function query() {
  const found = await ask(`/pyrite/queries/${encodeURIComponent(parameters.get("id") ?? "")}`);
  const back = make("p", {}, link("/StreamingQuery/", word("back")));
  if (!found) return [title(word("no_query_run")), back];
  const told = found.recentProgress, batches = told.filter(ran), last = told.at(-1);
  return [
    title(`${word("query")} ${found.name ?? found.id}`), about(found, last),
    ...(found.failure ? [section("failure"), make("div", {}, fold(found.failure, true))] : []),
    charts(batches, found),
    section("sources"), sources(last, found),
    ...(last?.stateOperators.length ? [section("states"), operators(last.stateOperators)] : []),
    section("completed_batches", Math.min(SHOWN, batches.length), number(found.numBatches)), list(batches),
    section("last_progress"), last ? whole("last_progress", JSON.stringify(last, null, 1)) : make("p", { class: "none" }, word("none")),
    section("plan"), whole("plan", found.plan),
    back,
  ];
}

const whole = (name, text) => make("details", { id: name.replaceAll("_", "-") }, make("summary", {}, word("show")), make("pre", { tabindex: "0", "aria-label": word(name) }, text));

function about(found, last) {
  const mark = last && watermark(last);
  return facts(
    [word("status"), make("span", {}, status(found.status), found.status === "RUNNING" ? ` ${found.message}` : "")],
    [word("started"), moment(found.startTime)], [word("duration"), duration(found.duration)],
    [word("batches"), number(found.numBatches)], [word("rows"), number(found.numInputRows)],
    [word("output_mode"), found.outputMode], [word("trigger"), found.trigger], [word("sink"), found.sink],
    mark ? [word("watermark"), stamp(new Date(mark), true)] : null,
    found.checkpoint ? [word("checkpoint"), code(found.checkpoint)] : null,
    [word("id"), code(found.id)], [word("run_id"), code(found.runId)],
    found.status === "RUNNING" ? [word("action"), stopper(found.runId, found.name ?? found.id)] : null,
  );
}

function charts(batches, found) {
  const one = (name, of, show, more) => {
    const points = batches.map((told) => [time(told), of(told)]).filter(([, value]) => value !== undefined);
    return measure(name, points, show, mean(points.map(([, value]) => value)), more);
  };
  const whole = (value) => rounded(value), short = (value) => rounded(value);
  const remembers = batches.some((told) => told.stateOperators.length), dated = batches.some((told) => watermark(told));
  const stateful = (...of) => (remembers ? one(...of) : null);
  const gap = (told) => (watermark(told) === undefined ? undefined : Math.max(0, time(told) - watermark(told)));
  const all = [
    one("input_rate", (told) => told.inputRowsPerSecond ?? 0, rate, { short }),
    one("process_rate", (told) => told.processedRowsPerSecond ?? 0, rate, { short }),
    one("input_rows", (told) => told.numInputRows, whole),
    one("batch_duration", (told) => told.durationMs.triggerExecution, duration, { limit: found.triggerMs || undefined }),
    stacked("operation_duration", batches.map((told) => [time(told), phases(told)]), duration),
    dated ? one("watermark_gap", gap, duration) : null,
    stateful("state_rows", (told) => state(told, "numRowsTotal"), whole),
    stateful("state_memory", (told) => state(told, "memoryUsedBytes"), (value) => bytes(Math.round(value))),
    stateful("state_changes", (told) => state(told, "numRowsUpdated") + state(told, "numRowsRemoved"), whole),
    stateful("late_rows", (told) => state(told, "numRowsDroppedByWatermark"), whole),
  ];
  return make("div", { class: "measures" }, ...all);
}

function phases({ durationMs: { triggerExecution, ...parts } }) {
  return parts;
}

function sources(last, found) {
  const columns = [column("source"), column("start_offset"), column("end_offset"), column("latest_offset"), column("rows", "number"), column("input_rate", "number"), column("process_rate", "number")];
  if (!last) return table(word("sources"), [column("source")], (found.sources ?? []).map((name) => [code(name, "wide")]));
  const rows = last.sources.map((source, at) => ({ id: `source-${at}`, cells: [
    code(source.description, "wide"), offset(source.startOffset), offset(source.endOffset), offset(source.latestOffset),
    number(source.numInputRows), rounded(source.inputRowsPerSecond ?? 0, 2), rounded(source.processedRowsPerSecond ?? 0, 2),
  ] }));
  return table(word("sources"), columns, rows);
}

// An offset may be long: Kafka's has all partitions.
function offset(value) {
  if (value === undefined || value === null) return "-";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length <= 60 ? code(text) : make("details", {}, make("summary", {}, `${text.slice(0, 40)}…`), code(text));
}

function operators(all) {
  const columns = [column("operation"), column("rows", "number"), column("updated", "number"), column("removed", "number"), column("late_rows", "number"), column("memory", "number"), column("partitions", "number")];
  const rows = all.map((one, at) => ({ id: `operator-${at}`, cells: [
    one.operatorName, number(one.numRowsTotal), number(one.numRowsUpdated), number(one.numRowsRemoved), number(one.numRowsDroppedByWatermark ?? 0), bytes(one.memoryUsedBytes), number(one.numShufflePartitions ?? 1),
  ] }));
  return table(word("states"), columns, rows);
}

function list(batches) {
  const columns = [column("batch_id"), column("batch_time", "when"), column("rows", "number"), column("output_rows", "number"), column("input_rate", "number"), column("process_rate", "number"), column("duration", "number")];
  const rows = [...batches].reverse().slice(0, SHOWN).map((told) => ({ id: `batch-${time(told)}`, cells: [
    link(`#batch-${time(told)}`, number(told.batchId)), stamp(new Date(time(told)), true), number(told.numInputRows), told.sink.numOutputRows < 0 ? "-" : number(told.sink.numOutputRows),
    rounded(told.inputRowsPerSecond ?? 0, 2), rounded(told.processedRowsPerSecond ?? 0, 2), duration(told.durationMs.triggerExecution),
  ] }));
  return table(word("batches"), columns, rows);
}
