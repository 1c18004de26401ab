// Asks the program: Spark's REST, and what only Pyrite has below `pyrite/`.
let application;

export const parameters = new URLSearchParams(location.search);
const token = parameters.get("token");

// The program, once `begin` was awaited.
export const program = () => application;

export async function begin() {
  [application] = await (await fetch("/api/v1/applications")).json();
}

// What stands there; null where it isn't known (any more).
export async function ask(path) {
  const answer = await fetch(`/api/v1/applications/${application.id}${path}`);
  return answer.ok ? answer.json() : null;
}

async function act(path, id) {
  const answer = await fetch(`${path}?id=${encodeURIComponent(id)}${token ? `&token=${encodeURIComponent(token)}` : ""}`, { method: "POST" });
  return answer.ok;
}

// Cancels a job; says whether it ran.
export const kill = (id) => act("/jobs/job/kill/", id);

// Stops a streaming query after the batch that runs; says whether it ran.
export const stop = (run) => act("/StreamingQuery/stop/", run);
