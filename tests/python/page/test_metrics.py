"""The metrics, as Prometheus' own parser reads them."""

import json
import re
import socket
import time
import urllib.request
from pathlib import Path

from prometheus_client.openmetrics.parser import text_string_to_metric_families
from pyrite.streaming import StreamingContext


def get(url):
    with urllib.request.urlopen(url, timeout=60) as answer:
        return answer.headers["Content-Type"], answer.read().decode()


def measured(sc):
    kind, text = get(f"{sc.uiWebUrl}/metrics")
    assert kind.startswith("application/openmetrics-text; version=1.0.0")
    families = list(text_string_to_metric_families(text))
    for family in families:
        assert family.documentation
        for sample in family.samples:
            assert sample.labels == {"application": "page", "application_id": sc.applicationId}
    return {sample.name: sample.value for family in families for sample in family.samples}


def test_jobs_are_counted(make_page):
    sc = make_page()
    before = measured(sc)
    assert (before["pyrite_jobs_total"], before["pyrite_jobs_running"], before["pyrite_cores"]) == (0, 0, 2)
    for _ in range(3):
        sc.parallelize(range(10), 2).count()
    try:
        sc.parallelize([1, 0], 2).map(lambda n: 1 // n).collect()
    except ZeroDivisionError:
        pass
    after = measured(sc)
    assert (after["pyrite_jobs_total"], after["pyrite_jobs_failed_retained"]) == (4, 1)
    assert after["pyrite_memory_limit_bytes"] > 0
    assert not any(name.startswith("pyrite_batch") for name in after)


def test_a_stream_is_measured_and_every_name_is_documented(make_page, tmp_path):
    sc = make_page(**{"spark.streaming.receiver.maxRate": "1000"})
    ssc = StreamingContext(sc, 0.1)
    ssc.checkpoint(str(tmp_path))
    server = socket.create_server(("127.0.0.1", 0))
    lines = ssc.socketTextStream(*server.getsockname())
    lines.count().foreachRDD(lambda rdd: rdd.collect())
    lines.map(lambda line: (line, 1)).updateStateByKey(lambda new, old: len(new)).foreachRDD(lambda rdd: rdd.count())
    ssc.start()
    connection = server.accept()[0]
    connection.sendall(b"a\nb\nc\nd\ne\n")
    deadline = time.monotonic() + 60

    def there(now):
        names = ("pyrite_records_total", "pyrite_state_keys", "pyrite_checkpoints_total")
        return all(now[name] >= least for name, least in zip(names, (5, 5, 1), strict=True))

    while not there(now := measured(sc)) and time.monotonic() < deadline:
        time.sleep(0.05)
    gauges = json.loads(get(f"{sc.uiWebUrl}/metrics/json/")[1])["gauges"]
    ssc.stop(stopSparkContext=False)
    connection.close()
    server.close()
    assert now["pyrite_records_total"] == 5
    assert now["pyrite_batches_committed_total"] >= 1
    assert (now["pyrite_receivers"], now["pyrite_receivers_active"]) == (1, 1)
    assert now["pyrite_batches_failed_total"] == 0
    assert now["pyrite_batch_interval_seconds"] == 0.1
    prefix = f"{sc.applicationId}.driver.page.StreamingMetrics.streaming."
    assert gauges[f"{prefix}totalProcessedRecords"] == {"value": 5}
    documented = set(re.findall(r"`(pyrite_\w+)`", (Path(__file__).parents[3] / "docs" / "page.md").read_text()))
    # Only Kafka has a lag: see tests/python/kafka/test_direct.py; a query has lines of its own: tests/frames/page.
    queries = {name for name in documented if name.startswith("pyrite_query_")}
    assert documented - queries == set(now) | {"pyrite_source_lag_records"}
    assert (now["pyrite_state_keys"], now["pyrite_sources_retrying"]) == (5, 0)
    assert now["pyrite_source_max_rate"] == 1000
    assert now["pyrite_functions_native_rows_total"] >= 5
    assert now["pyrite_functions_native_seconds_total"] > 0
    assert now["pyrite_last_checkpoint_bytes"] > 0


def test_it_is_healthy(make_page):
    assert get(f"{make_page().uiWebUrl}/healthz")[1] == "ok\n"
