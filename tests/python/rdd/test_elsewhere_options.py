"""What systems are told: Hadoop's settings as Spark programs write them, and options by fsspec's own names."""

import pytest
from pyrite._elsewhere.options import options_of, settings_of
from pyrite.conf import SparkConf


def given(protocol, authority, **settings):
    pairs = [(key.replace("__", "-"), value) for key, value in settings.items()]
    return options_of(protocol, authority, settings_of(pairs))


def s3(bucket="b", /, **settings):
    return options_of("s3", bucket, settings_of([(f"spark.hadoop.fs.s3a.{k}", v) for k, v in settings.items()]))


def test_s3():
    assert s3() == {}
    assert s3(**{"access.key": "me", "secret.key": "hush", "session.token": "t"}) == {
        "key": "me",
        "secret": "hush",
        "token": "t",
    }
    assert s3(**{"endpoint": "minio:9000"}) == {"endpoint_url": "https://minio:9000"}
    assert s3(**{"endpoint": "minio:9000", "connection.ssl.enabled": "false"}) == {
        "endpoint_url": "http://minio:9000",
        "use_ssl": False,
    }
    assert s3(**{"endpoint": "http://minio:9000", "path.style.access": "true", "endpoint.region": "eu-west-1"}) == {
        "endpoint_url": "http://minio:9000",
        "config_kwargs": {"s3": {"addressing_style": "path"}},
        "client_kwargs": {"region_name": "eu-west-1"},
    }
    assert s3(**{"aws.credentials.provider": "org.apache.hadoop.fs.s3a.AnonymousAWSCredentialsProvider"}) == {
        "anon": True
    }
    both = {"access.key": "all", "bucket.mine.access.key": "one"}
    assert (s3("mine", **both), s3("other", **both)) == ({"key": "one"}, {"key": "all"})


def test_the_others():
    account = "acc.dfs.core.windows.net"
    settings = settings_of([(f"spark.hadoop.fs.azure.account.key.{account}", "k")])
    assert options_of("abfs", f"box@{account}", settings) == {"account_name": "acc", "account_key": "k"}
    settings = settings_of([("spark.hadoop.google.cloud.auth.service.account.json.keyfile", "/k.json")])
    assert options_of("gs", "bucket", settings) == {"token": "/k.json"}
    assert options_of("hdfs", "host:8020", settings) == {}


def test_options_by_their_own_names_win():
    pairs = [
        ("spark.hadoop.fs.s3a.access.key", "me"),
        ("pyrite.remote.s3.key", "you"),
        ("pyrite.remote.s3.anon", "true"),
        ("pyrite.remote.http.client_kwargs", '{"trust_env": true}'),
    ]
    settings = settings_of(SparkConf().setAll(pairs).getAll())
    assert options_of("s3", "b", settings) == {"key": "you", "anon": True}
    assert options_of("http", "b", settings) == {"client_kwargs": {"trust_env": True}}


def test_an_option_is_a_setting_and_a_slip_is_still_told(make_sc):
    make_sc("local[1]", **{"pyrite.remote.s3.anon": "true"}).stop()
    with pytest.raises(Exception, match="there is no setting pyrite.remotes"):
        make_sc("local[1]", **{"pyrite.remotes": "true"})
