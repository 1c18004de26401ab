// The stream: its numbers over time, sources, states, checkpoints and batches; one batch with its output operations.
import { measure } from "/static/charts.js";
import { badge, column, facts, fold, killer, link, make, section, share, status, table, title } from "/static/elements.js";
import { bytes, duration, moment, number, rounded, since, stamp } from "/static/numbers.js";
import { ask, parameters } from "/static/rest.js";
import { word } from "/static/words.js";

const SHOWN = 100;
// So many batches are in the charts.
const CHARTED = 200;
const STATES = { LOCAL: ["local", "calm"], CONNECTING: ["connecting", "calm"], CONNECTED: ["connected", "good"], RETRYING: ["retrying", "bad"], STOPPED: ["stopped", "calm"] };
const rate = (value) => word("records_a_second", rounded(value, 2));
const dash = (value, show) => (value === undefined || value === null ? "-" : show(value));

export async function streaming() {
  const paths = ["/streaming/statistics", "/streaming/receivers", `/streaming/batches?length=${CHARTED}`, "/pyrite/streaming"];
  const [numbers, inputs, batches, own] = await Promise.all(paths.map(ask));
  if (!numbers || !batches || !own) return [title(word("streaming")), make("p", { class: "none" }, word("no_stream"))];
  const interval = numbers.batchDuration;
  const ended = batches.filter((batch) => batch.status === "COMPLETED"), active = batches.filter((batch) => batch.status !== "COMPLETED");
  return [
    title(word("streaming")),
    facts([word("interval"), duration(interval)], [word("uptime"), duration(since(numbers.startTime))], [word("started"), moment(numbers.startTime)],
      [word("batches"), number(numbers.numTotalCompletedBatches)], [word("records"), number(numbers.numProcessedRecords)]),
    charts(numbers, [...ended].reverse(), interval),
    section("sources"), sources(inputs, own.sources),
    ...(own.states.length ? [section("states"), states(own.states)] : []),
    ...(own.checkpoints ? [section("checkpoints", number(own.checkpointCount)), checkpoints(own.checkpoints)] : []),
    section("active_batches", active.length), list("active_batches", active, interval, active.length),
    section("completed_batches", Math.min(SHOWN, ended.length), numbers.numTotalCompletedBatches), list("batches", ended.slice(0, SHOWN), interval),
  ];
}

function charts(numbers, ended, interval) {
  const one = (name, of, show, mean, limit, short = show) => {
    const points = ended.map((batch) => [batch.batchId, of(batch) ?? 0]);
    return measure(name, points, show, mean, { limit, short });
  };
  return make("div", { class: "measures" },
    one("input_rate", (batch) => batch.inputSize / (interval / 1000), rate, numbers.avgInputRate, undefined, (value) => rounded(value)),
    one("scheduling_delay", (batch) => batch.schedulingDelay, duration, numbers.avgSchedulingDelay),
    one("processing_time", (batch) => batch.processingTime, duration, numbers.avgProcessingTime, interval),
    one("total_delay", (batch) => batch.totalDelay, duration, numbers.avgTotalDelay));
}

function sources(inputs, own) {
  const rows = own.map((source) => {
    const input = inputs.find((one) => one.streamId === source.streamId) ?? {};
    const [name, kind] = STATES[source.state];
    const limit = source.maxRate === undefined ? null : make("small", { class: "block" }, word(source.backpressure ? "backpressure" : "limit", rate(source.maxRate)));
    const lag = source.lag === undefined ? "-" : make("details", {}, make("summary", {}, word("messages", number(source.lag))),
      make("ul", {}, ...source.partitions.map((of) => make("li", {}, `${of.name}: ${word("next_offset", number(of.nextOffset), number(of.lag))}`))));
    const trouble = source.trouble ?? input.lastError ?? input.lastErrorMessage;
    return { id: `source-${source.streamId}`, cells: [
      make("span", {}, input.streamName ?? source.name, source.place ? make("small", { class: "block" }, source.place) : null),
      badge(word(name), kind), make("span", {}, rate(input.avgEventRate ?? 0), limit), lag, dash(source.bufferedBytes, bytes),
      trouble ? make("span", {}, input.lastErrorTime ? `${moment(input.lastErrorTime)} ` : "", fold(trouble)) : "-",
    ] };
  });
  return table(word("sources"), [column("source"), column("state"), column("input_rate"), column("lag"), column("buffered", "number"), column("last_error")], rows);
}

const states = (all) => table(word("states"), [column("stream"), column("keys", "number"), column("size", "number")], all.map((state) => [state.name, number(state.keys), bytes(state.bytes)]));

function checkpoints(all) {
  const rows = all.slice(0, 10).map((one) => ({ id: `checkpoint-${one.batchId}-${one.time}`, cells: [stamp(new Date(one.batchId), true), moment(one.time), duration(one.durationMs), bytes(one.bytes)] }));
  return table(word("checkpoints", all.length), [column("batch_time"), column("written"), column("duration", "number"), column("size", "number")], rows);
}

function list(name, batches, interval, ...values) {
  const columns = [column("batch_time", "when"), column("records", "number"), column("scheduling_delay", "number"), column("processing_time", "number"), column("total_delay", "number"), column("operations"), column("status"), column("error")];
  const rows = batches.map((batch) => ({ id: `batch-${batch.batchId}`, cells: [
    link(`/streaming/batch/?id=${batch.batchId}`, stamp(new Date(batch.batchId), interval < 1000)), number(batch.inputSize),
    duration(batch.schedulingDelay), duration(batch.processingTime), duration(batch.totalDelay),
    share(batch.numCompletedOutputOps, batch.numTotalOutputOps, batch.numFailedOutputOps),
    status(batch.numFailedOutputOps ? "FAILED" : batch.status), fold(batch.firstFailureReason),
  ] }));
  return table(word(name, ...values), columns, rows);
}

export async function batch() {
  const id = encodeURIComponent(parameters.get("id") ?? "");
  const [found, operations, running] = await Promise.all([ask(`/streaming/batches/${id}`), ask(`/streaming/batches/${id}/operations`), ask("/jobs?status=running")]);
  const back = make("p", {}, link("/streaming/", word("back")));
  if (!found || !operations) return [title(word("no_batch")), back];
  const runs = new Set(running.map((job) => job.jobId));
  const columns = [column("id"), column("output"), column("submitted", "when"), column("duration", "number"), column("status"), column("jobs"), column("error")];
  const jobs = (ids) => (ids.length ? make("span", { class: "jobs" }, ...ids.flatMap((job) => [link(`/jobs/?id=${job}`, String(job)), " ", runs.has(job) ? killer(job) : null])) : "-");
  const how = (one) => (one.endTime ? (one.failureReason ? "FAILED" : "SUCCEEDED") : one.startTime ? "RUNNING" : "QUEUED");
  return [
    title(word("batch", stamp(new Date(found.batchId), found.batchDuration < 1000))),
    facts([word("status"), status(found.numFailedOutputOps ? "FAILED" : found.status)], [word("records"), number(found.inputSize)], [word("scheduling_delay"), duration(found.schedulingDelay)],
      [word("processing_time"), duration(found.processingTime)], [word("total_delay"), duration(found.totalDelay)]),
    section("outputs"),
    table(word("outputs"), columns, operations.map((one) => ({ id: `output-${one.outputOpId}`, cells: [
      String(one.outputOpId), one.name, moment(one.startTime), duration(one.duration), status(how(one)), jobs(one.jobIds), fold(one.failureReason, true),
    ] }))),
    back,
  ];
}
