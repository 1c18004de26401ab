// The page: what stands in the address is read from Spark's REST and drawn; the server says when there is something new.
import { bars, histogram, stages as stageGraph, timeline } from "/static/charts.js";
import { code, toggle, word } from "/static/words.js";

// So many rows of a table are drawn: the newest.
const SHOWN = 100;
const TABS = ["jobs", "stages", "streaming", "storage", "executors", "environment"];
const main = document.getElementById("main");
const parameters = new URLSearchParams(location.search);
const page = location.pathname.replaceAll("/", " ").trim();
let application;

async function ask(path) {
  const answer = await fetch(`/api/v1/applications${path === null ? "" : `/${application.id}${path}`}`);
  return answer.ok ? answer.json() : null;
}

function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value !== undefined) element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

const number = (value) => Number(value).toLocaleString(code());
// As Spark's page: 2026/11/22 15:26:40, by the clock of who looks.
function stamp(time, fine = false) {
  const two = (part) => String(part).padStart(2, "0");
  const day = [time.getFullYear(), two(time.getMonth() + 1), two(time.getDate())].join("/");
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(":");
  return `${day} ${clock}${fine ? `.${String(time.getMilliseconds()).padStart(3, "0")}` : ""}`;
}
const moment = (text) => (text ? stamp(new Date(text.replace("GMT", "Z"))) : "-");

// A duration as Spark's page writes it.
function duration(ms) {
  if (ms === undefined || ms === null || Number.isNaN(ms)) return "-";
  if (ms < 100) return `${Math.round(ms)} ms`;
  if (ms < 60000) return `${(ms / 1000).toFixed(ms < 1000 ? 1 : 0)} s`;
  if (ms < 3600000) return `${(ms / 60000).toFixed(ms < 600000 ? 1 : 0)} min`;
  return `${(ms / 3600000).toFixed(1)} h`;
}

function bytes(count) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let at = 0;
  while (count >= 1024 && at < units.length - 1) [count, at] = [count / 1024, at + 1];
  return `${at ? count.toFixed(1) : count} ${units[at]}`;
}

const since = (from, to) => new Date((to ?? new Date().toISOString()).replace("GMT", "Z")) - new Date(from.replace("GMT", "Z"));

// `columns` are texts, `rows` lists of texts, numbers or elements.
function table(label, columns, rows) {
  if (!rows.length) return make("p", { class: "none" }, word("none"));
  const head = make("tr", {}, ...columns.map((column) => make("th", { scope: "col" }, column)));
  const body = rows.map((row) => make("tr", row.id ? { id: row.id } : {}, ...(row.cells ?? row).map((cell) => make("td", {}, cell ?? "-"))));
  const inner = make("table", {}, make("caption", {}, label), make("thead", {}, head), make("tbody", {}, ...body));
  return make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": label }, inner);
}

function share(done, all, failed = 0) {
  const bar = make("progress", { max: Math.max(1, all), value: done, "aria-label": `${done}/${all}` });
  return make("span", { class: "share" }, bar, ` ${done}/${all}`, failed ? ` (${failed} ✗)` : "");
}

// Where it is long: the exception's own line, and all of it on demand.
function fold(text) {
  if (!text) return "-";
  const lines = text.trim().split("\n");
  const first = lines.findLast((line) => /^[\w.]+(Error|Exception|Exit|Interrupt|Warning)\b/.test(line)) ?? lines.at(-1);
  return make("details", { class: "failure" }, make("summary", {}, first.slice(0, 120)), make("pre", { tabindex: "0" }, text));
}

function killer(id) {
  return make("button", {
    type: "button", class: "kill", "aria-label": word("kill_job", id),
    onclick: async () => { if (confirm(word("kill_sure", id))) await fetch(`/jobs/job/kill/?id=${id}${token()}`, { method: "POST" }); },
  }, word("kill"));
}

const token = () => (parameters.get("token") ? `&token=${parameters.get("token")}` : "");

// A job of a stream is described with a link to its batch, as Spark writes it; nothing else of it is taken as HTML.
function described(text) {
  const link = /^(.*)<a href="(\/streaming\/batch\/\?id=\d+)">\[(.*)\]<\/a>(.*)$/.exec(text);
  return link ? [link[1], make("a", { href: link[2] }, link[3]), link[4]] : [text];
}

async function jobs() {
  const id = parameters.get("id");
  if (id !== null) return job(id);
  const all = await ask("/jobs");
  const rows = (status) => all.filter((job) => job.status === status).slice(0, SHOWN).map((job) => [
    make("a", { href: `/jobs/?id=${job.jobId}` }, String(job.jobId)),
    make("span", {}, ...described(job.description ?? job.name), job.description ? make("small", {}, ` ${job.name}`) : null),
    moment(job.submissionTime),
    duration(since(job.submissionTime, job.completionTime)),
    share(job.numCompletedStages, job.stageIds.length - job.numSkippedStages),
    share(job.numCompletedTasks, job.numTasks - job.numSkippedTasks, job.numFailedTasks),
    ...(status === "RUNNING" ? [killer(job.jobId)] : []),
  ]);
  const columns = ["id", "description", "submitted", "duration", "stages_done", "tasks"].map((name) => word(name));
  const attempt = application.attempts[0];
  return [
    make("h1", {}, word("jobs")),
    make("p", {}, `${word("user")}: ${attempt.sparkUser} · ${word("started")}: ${moment(attempt.startTime)} · ${word("uptime")}: ${duration(since(attempt.startTime))}`),
    make("h2", {}, word("running_jobs")), table(word("running_jobs"), [...columns, word("kill")], rows("RUNNING")),
    make("h2", {}, word("completed_jobs")), table(word("completed_jobs"), columns, rows("SUCCEEDED")),
    make("h2", {}, word("failed_jobs")), table(word("failed_jobs"), columns, rows("FAILED")),
  ];
}

const stageRows = (all) => all.slice(0, SHOWN).map((stage) => [
  make("a", { href: `/stages/?id=${stage.stageId}` }, String(stage.stageId)),
  stage.name, stage.status, moment(stage.submissionTime),
  stage.submissionTime ? duration(since(stage.submissionTime, stage.completionTime)) : "-",
  share(stage.numCompleteTasks, stage.numTasks, stage.numFailedTasks),
  number(stage.outputRecords), fold(stage.failureReason),
]);
const stageColumns = () => ["id", "description", "status", "submitted", "duration", "tasks", "rows", "failure"].map((name) => word(name));

async function job(id) {
  const [found, all] = [await ask(`/jobs/${id}`), await ask("/stages")];
  if (!found) return [make("h1", {}, word("none"))];
  const of = all.filter((stage) => found.stageIds.includes(stage.stageId)).sort((a, b) => a.stageId - b.stageId);
  return [
    make("h1", {}, `${word("job")} ${id}: ${found.name}`),
    make("p", {}, `${word("status")}: ${found.status} · ${word("submitted")}: ${moment(found.submissionTime)} · ${word("duration")}: ${duration(since(found.submissionTime, found.completionTime))} `, found.status === "RUNNING" ? killer(id) : null),
    make("h2", {}, word("graph")), make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": word("graph") }, stageGraph(word("graph"), of)),
    table(word("stages"), stageColumns(), stageRows(of)),
  ];
}

async function stages() {
  const id = parameters.get("id");
  if (id === null) return [make("h1", {}, word("stages")), table(word("stages"), stageColumns(), stageRows(await ask("/stages")))];
  const stage = await ask(`/stages/${id}/0`);
  if (!stage) return [make("h1", {}, word("none"))];
  const tasks = Object.values(stage.tasks).sort((a, b) => a.index - b.index || a.attempt - b.attempt);
  const columns = ["task", "partition", "attempt", "status", "launched", "duration", "rows"].map((name) => word(name));
  const rows = tasks.slice(0, 1000).map((task) => [String(task.taskId), String(task.index), String(task.attempt), task.status, moment(task.launchTime), duration(task.duration), number(task.taskMetrics.outputMetrics.recordsWritten)]);
  return [
    make("h1", {}, `${word("stage")} ${id}: ${stage.name}`),
    table(word("stage"), stageColumns(), stageRows([stage])),
    make("h2", {}, word("skew")), bars(word("skew"), tasks.map((task) => [`${word("partition")} ${task.index}`, task.duration]), duration),
    table(word("tasks"), columns, rows),
  ];
}

async function streaming() {
  const [numbers, sources, batches] = await Promise.all(["/streaming/statistics", "/streaming/receivers", "/streaming/batches"].map(ask));
  if (!numbers || !batches) return [make("h1", {}, word("streaming")), make("p", {}, word("no_stream"))];
  const interval = numbers.batchDuration;
  const ended = batches.filter((batch) => batch.status === "COMPLETED").reverse();
  const rate = (value) => word("records_a_second", number(Math.round(value * 100) / 100));
  const go = (time) => { const row = document.getElementById(`batch-${time}`); row?.scrollIntoView({ block: "center" }); row?.classList.add("chosen"); setTimeout(() => row?.classList.remove("chosen"), 3000); };
  const line = (name, of, show, mean, limit, short = show) => {
    const points = ended.map((batch) => [batch.batchId, of(batch)]);
    return make("section", { class: "measure", id: name.replaceAll("_", "-") }, make("h3", {}, word(name)),
      make("p", {}, word("average", mean === undefined ? "-" : show(mean))),
      timeline(word(name), points, short, { limit, choose: go }), histogram(word(name), points.map(([, value]) => value), short, limit));
  };
  const operations = (batch) => share(batch.numCompletedOutputOps, batch.numTotalOutputOps, batch.numFailedOutputOps);
  const link = (batch) => make("a", { href: `/streaming/batch/?id=${batch.batchId}` }, stamp(new Date(batch.batchId), interval < 1000));
  const columns = ["batch_time", "records", "scheduling_delay", "processing_time", "total_delay", "operations", "status", "error"].map((name) => word(name));
  const row = (batch) => ({ id: `batch-${batch.batchId}`, cells: [link(batch), number(batch.inputSize), duration(batch.schedulingDelay), duration(batch.processingTime), duration(batch.totalDelay), operations(batch), batch.status, fold(batch.firstFailureReason)] });
  const active = batches.filter((batch) => batch.status !== "COMPLETED");
  return [
    make("h1", {}, word("streaming")),
    make("p", {}, word("running_batches", duration(interval), duration(since(numbers.startTime)), moment(numbers.startTime), number(numbers.numTotalCompletedBatches), number(numbers.numProcessedRecords))),
    make("div", { class: "measures" },
      line("input_rate", (batch) => batch.inputSize / (interval / 1000), rate, numbers.avgInputRate, undefined, (value) => number(Math.round(value * 10) / 10)),
      line("scheduling_delay", (batch) => batch.schedulingDelay ?? 0, duration, numbers.avgSchedulingDelay),
      line("processing_time", (batch) => batch.processingTime ?? 0, duration, numbers.avgProcessingTime, interval),
      line("total_delay", (batch) => batch.totalDelay ?? 0, duration, numbers.avgTotalDelay)),
    make("h2", {}, word("sources")),
    table(word("sources"), ["source", "status", "input_rate", "host", "last_error"].map((name) => word(name)), sources.map((source) => [
      source.streamName, source.isActive === undefined ? "-" : word(source.isActive ? "active" : "inactive"), rate(source.avgEventRate ?? 0),
      source.executorHost ?? "-", source.lastErrorTime ? make("span", {}, `${moment(source.lastErrorTime)} `, fold(source.lastError || source.lastErrorMessage)) : "-",
    ])),
    make("h2", {}, word("active_batches", active.length)), table(word("active_batches", active.length), columns, active.map(row)),
    make("h2", {}, word("completed_batches", ended.length, numbers.numTotalCompletedBatches)), table(word("completed_batches", ended.length, numbers.numTotalCompletedBatches), columns, ended.reverse().slice(0, SHOWN).map(row)),
  ];
}

async function batch() {
  const id = parameters.get("id");
  const [found, operations] = [await ask(`/streaming/batches/${id}`), await ask(`/streaming/batches/${id}/operations`)];
  if (!found) return [make("h1", {}, word("batch", id)), make("p", {}, word("no_batch"))];
  const columns = ["id", "output", "submitted", "duration", "status", "error"].map((name) => word(name));
  return [
    make("h1", {}, word("batch", stamp(new Date(found.batchId), found.batchDuration < 1000))),
    make("p", {}, `${word("records")}: ${number(found.inputSize)} · ${word("scheduling_delay")}: ${duration(found.schedulingDelay)} · ${word("processing_time")}: ${duration(found.processingTime)} · ${word("total_delay")}: ${duration(found.totalDelay)}`),
    table(word("operations"), columns, operations.map((operation) => [String(operation.outputOpId), operation.name, moment(operation.startTime), duration(operation.duration), operation.endTime ? (operation.failureReason ? "FAILED" : "SUCCEEDED") : "-", fold(operation.failureReason)])),
    make("p", {}, make("a", { href: "/streaming/" }, word("back"))),
  ];
}

async function storage() {
  const [driver] = await ask("/executors");
  const meter = make("meter", { min: 0, max: driver.maxMemory, value: driver.memoryUsed, "aria-label": word("memory") });
  const rdds = await ask("/storage/rdd");
  return [
    make("h1", {}, word("storage")),
    make("p", {}, `${word("memory")}: `, meter, ` ${word("of_memory", bytes(driver.memoryUsed), bytes(driver.maxMemory))} · ${word("spilled")}: ${bytes(driver.diskUsed)}`),
    rdds.length ? table("RDD", [word("name"), word("memory")], rdds.map((rdd) => [rdd.name, bytes(rdd.memoryUsed)])) : make("p", {}, word("no_rdds")),
  ];
}

async function executors() {
  const all = await ask("/executors");
  return [make("h1", {}, word("executors")), table(word("executors"), ["id", "cores", "tasks", "duration", "memory"].map((name) => word(name)),
    all.map((one) => [one.id, String(one.totalCores), share(one.completedTasks, one.totalTasks, one.failedTasks), duration(one.totalDuration), word("of_memory", bytes(one.memoryUsed), bytes(one.maxMemory))]))];
}

async function environment() {
  const found = await ask("/environment");
  const part = (label, entries) => [make("h2", {}, label), table(label, [word("name"), word("value")], entries)];
  return [make("h1", {}, word("environment")), ...part(word("runtime"), Object.entries(found.runtime)), ...part(word("settings"), found.sparkProperties)];
}

const PAGES = { jobs, stages, streaming, "streaming batch": batch, storage, executors, environment };

// What the person has opened stays open, and what has the focus keeps it.
async function show() {
  const drawn = await PAGES[page]();
  const open = [...main.querySelectorAll("details")].map((details) => details.open);
  const focus = [...main.querySelectorAll("a, button, summary, [tabindex]")].indexOf(document.activeElement);
  main.replaceChildren(...drawn);
  main.querySelectorAll("details").forEach((details, at) => { details.open = open[at] ?? false; });
  if (focus >= 0) [...main.querySelectorAll("a, button, summary, [tabindex]")][focus]?.focus({ preventScroll: true });
}

function frame() {
  document.documentElement.lang = code();
  document.title = `${application.name} - ${word(page.split(" ")[0])}`;
  document.getElementById("application").textContent = application.name;
  document.getElementById("language").textContent = code() === "ko" ? "English" : "한국어";
  document.getElementById("language").lang = code() === "ko" ? "en" : "ko";
  document.querySelectorAll("[data-word]").forEach((element) => { element.textContent = word(element.dataset.word); });
  document.getElementById("tabs").replaceChildren(...TABS.map((tab) =>
    make("a", { href: `/${tab}/`, "aria-current": page.split(" ")[0] === tab ? "page" : undefined }, word(tab))));
}

let drawing = null, again = false;
// One after the other; what comes meanwhile is drawn once behind it.
function redraw() {
  if (drawing) { again = true; return drawing; }
  drawing = show().catch(() => {}).finally(() => { drawing = null; if (again) { again = false; redraw(); } });
  return drawing;
}

async function begin() {
  [application] = await ask(null);
  frame();
  document.getElementById("language").addEventListener("click", () => { toggle(); frame(); redraw(); });
  const live = document.getElementById("live");
  const events = new EventSource("/events");
  events.onmessage = () => { live.textContent = word("live"); live.className = "on"; redraw(); };
  events.onerror = () => { live.textContent = word("gone"); live.className = "off"; };
  await redraw();
}

begin();
