"""Python data sources: `spark.dataSource.register(cls)`. Where each thing goes:

- `registry`: the classes by name, and an instance for a read or a write. `failing`: Spark's words for what goes wrong in them.
- `reading`: `spark.read`; `writing`: `df.write`. `tasks`: the parts that run as tasks of a job, on copies, as in
  Spark. `rows`: what a reader gives as a table.
- Streams: `query/sources/python.py` and `query/sinks/python.py`.
"""
