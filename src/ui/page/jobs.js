// Jobs: those that run, and the newest that ended; one of them with its stages.
import { stages as graph } from "/static/charts.js";
import { column, described, facts, fold, killer, link, make, section, share, short, status, table, title } from "/static/elements.js";
import { duration, moment, since } from "/static/numbers.js";
import { ask, parameters, program } from "/static/rest.js";
import { stageColumns, stageRows } from "/static/stages.js";
import { word } from "/static/words.js";

// So many of a kind are drawn: the newest.
const SHOWN = 100;

export function jobs() {
  const id = parameters.get("id");
  return id === null ? all() : job(id);
}

function row(one, reasons) {
  const name = make("span", {}, ...described(one.description ?? short(one.name)), one.description ? make("small", {}, ` ${short(one.name)}`) : null);
  const cells = [
    link(`/jobs/?id=${one.jobId}`, String(one.jobId)), name, moment(one.submissionTime),
    duration(since(one.submissionTime, one.completionTime)),
    share(one.numCompletedStages, one.stageIds.length - one.numSkippedStages, one.numFailedStages),
    share(one.numCompletedTasks, one.numTasks - one.numSkippedTasks, one.numFailedTasks),
  ];
  if (one.status === "RUNNING") cells.push(killer(one.jobId));
  if (one.status === "FAILED") cells.push(why(reasons.get(one.jobId)));
  return { id: `job-${one.jobId}`, cells };
}

function why(reason, open) {
  if (!reason) return "-";
  return reason.failureReason ? fold(reason.failureReason, open) : word(reason.cancelled ? "cancelled" : "none");
}

const failures = async () => new Map((await ask(`/pyrite/failures?length=${SHOWN}`)).map((one) => [one.jobId, one]));

async function all() {
  const of = (status) => ask(`/jobs?status=${status}&length=${SHOWN}`);
  const [running, done, failed, reasons] = await Promise.all([of("running"), of("succeeded"), of("failed"), failures()]);
  const columns = [column("id"), column("description"), column("submitted", "when"), column("duration", "number"), column("stages_done"), column("tasks")];
  const part = (name, list, ...more) => [section(name), table(word(name), [...columns, ...more], list.map((one) => row(one, reasons)))];
  const attempt = program().attempts[0];
  return [
    title(word("jobs")),
    facts([word("user"), attempt.sparkUser], [word("started"), moment(attempt.startTime)], [word("uptime"), duration(since(attempt.startTime))]),
    ...part("running_jobs", running, word("action")),
    ...(failed.length ? part("failed_jobs", failed, word("failure")) : []),
    ...part("completed_jobs", done),
  ];
}

async function job(id) {
  const found = await ask(`/jobs/${encodeURIComponent(id)}`);
  if (!found) return [title(word("no_job", id)), make("p", {}, link("/jobs/", word("back")))];
  const [known, spreads, reasons] = await Promise.all([ask("/stages"), ask("/pyrite/stages"), failures()]);
  const of = known.filter((stage) => found.stageIds.includes(stage.stageId)).sort((a, b) => a.stageId - b.stageId);
  const reason = reasons.get(found.jobId);
  return [
    title(`${word("job")} ${found.jobId}: ${short(found.name)}`),
    facts([word("status"), status(found.status)], [word("submitted"), moment(found.submissionTime)],
      [word("duration"), duration(since(found.submissionTime, found.completionTime))],
      found.description ? [word("description"), make("span", {}, ...described(found.description))] : null,
      found.jobGroup ? [word("group"), found.jobGroup] : null,
      found.status === "RUNNING" ? [word("action"), killer(found.jobId)] : null),
    ...(found.status === "FAILED" ? [section("failure"), make("div", {}, why(reason, true))] : []),
    section("graph"),
    make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": word("graph") }, graph(word("graph"), of, (id) => spreads.find((one) => one.stageId === id)?.reads ?? [])),
    section("stages"), table(word("stages"), stageColumns(), stageRows(of, spreads)),
  ];
}
