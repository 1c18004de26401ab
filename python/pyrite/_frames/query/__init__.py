"""Structured Streaming: plans that run batch by batch. Where each thing goes:

- `sources/`: a source a file, a `Source`: latest offset, rows of a range as Arrow, commit. `sources.FORMATS` names it.
- `sinks/`: a sink a file, a `Sink`: add a batch by its id. `sinks.FORMATS` names it.
- `operators/`: a stateful operator a file, an `Operator`: (rows, batch, state store) -> rows. `operators.KINDS` names it by the
  kind of step that `src/sql/stream.rs` cuts out of the plan. `state` is the store: it is asked for the keys that came only.
- `planned`: a plan as a query runs it: planned once, run for each batch's rows. `batches`: the thread that makes batches.
- `triggers`: when, by the session's `clocks`; `progress`: what is told of a batch; `running`: a query; `manager`: the queries of a session.
- `trimming`: memory goes back to the system. `starting` and `answers`: the protocol's commands; `client`: what the client has no command for.

A batch is `offsets -> rows -> plan -> sink -> commit`, in this order, in one place (`batches`), where a checkpoint's log goes too.
"""
