"""Files and archives for functions, and profiles of functions."""

import os
import tarfile
import zipfile

import pytest
from pyrite.context import SparkContext
from pyrite.errors import Py4JJavaError, PySparkRuntimeError
from pyrite.files import SparkFiles
from pyrite.profiler import BasicProfiler


def contents(sc, name):
    return sc.parallelize([1], 1).map(lambda _: open(SparkFiles.get(name)).read()).collect()


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
class TestFiles:
    def test_functions_find_them(self, sc, tmp_path):
        (tmp_path / "a.txt").write_text("hi")
        sc.addFile(str(tmp_path / "a.txt"))
        sc.addFile(f"file://{tmp_path / 'a.txt'}")
        assert sc.listFiles == [f"file:{tmp_path / 'a.txt'}"]
        assert contents(sc, "a.txt") == ["hi"]
        assert os.path.dirname(SparkFiles.get("a.txt")) == SparkFiles.getRootDirectory()

    def test_a_copy_stays(self, sc, tmp_path):
        (tmp_path / "a.txt").write_text("hi")
        sc.addFile(str(tmp_path / "a.txt"))
        (tmp_path / "a.txt").unlink()
        assert contents(sc, "a.txt") == ["hi"]

    def test_two_of_one_name(self, sc, tmp_path):
        for folder, text in (("a", "one"), ("b", "one"), ("c", "two")):
            (tmp_path / folder).mkdir()
            (tmp_path / folder / "x").write_text(text)
        sc.addFile(str(tmp_path / "a" / "x"))
        sc.addFile(str(tmp_path / "b" / "x"))
        with pytest.raises(Py4JJavaError, match="exists and does not match contents of"):
            sc.addFile(str(tmp_path / "c" / "x"))

    def test_directories(self, sc, tmp_path):
        (tmp_path / "d" / "sub").mkdir(parents=True)
        (tmp_path / "d" / "sub" / "x").write_text("deep")
        with pytest.raises(Py4JJavaError, match="recursive is not turned on"):
            sc.addFile(str(tmp_path / "d"))
        sc.addFile(str(tmp_path / "d"), recursive=True)
        assert contents(sc, "d/sub/x") == ["deep"]

    def test_archives(self, sc, tmp_path):
        (tmp_path / "x").write_text("packed")
        with zipfile.ZipFile(tmp_path / "z.zip", "w") as file:
            file.write(tmp_path / "x", "x")
        with tarfile.open(tmp_path / "t.tgz", "w:gz") as file:
            file.add(tmp_path / "x", "x")
        sc.addArchive(str(tmp_path / "z.zip"))
        sc.addArchive(f"{tmp_path / 't.tgz'}#other")
        assert sc.listArchives == [f"file:{tmp_path / 'z.zip'}", f"file:{tmp_path / 't.tgz'}#other"]
        assert contents(sc, "z.zip/x") == contents(sc, "other/x") == ["packed"]

    def test_what_is_not_there(self, sc, tmp_path):
        with pytest.raises(Py4JJavaError, match=r"FileNotFoundException: File file:.*none does not exist"):
            sc.addFile(str(tmp_path / "none"))
        with pytest.raises(Py4JJavaError, match="NoSuchFileException"):
            sc.addArchive(str(tmp_path / "none.zip"))
        with pytest.raises(NotImplementedError):
            SparkFiles()

    def test_they_go_with_the_context(self, make_sc, tmp_path):
        (tmp_path / "a.txt").write_text("hi")
        sc = make_sc()
        sc.addFile(str(tmp_path / "a.txt"))
        place = SparkFiles.get("a.txt")
        sc.stop()
        assert not os.path.exists(place)
        with make_sc() as other:
            assert other.listFiles == []


def test_no_profiles(sc, tmp_path):
    assert sc.profiler_collector is None
    with pytest.raises(PySparkRuntimeError, match="INCORRECT_CONF_FOR_PROFILE"):
        sc.show_profiles()
    with pytest.raises(PySparkRuntimeError, match="INCORRECT_CONF_FOR_PROFILE"):
        sc.dump_profiles(str(tmp_path))


def test_profiles(make_sc, tmp_path, capsys):
    sc = make_sc(**{"spark.python.profile": "true"})

    def slow_function(x):
        return x + 1

    rdd = sc.parallelize(range(100), 2).map(slow_function)
    rows = rdd.filter(lambda x: x % 2).flatMap(lambda x: [x, x]).map(lambda x: (x, x)).mapValues(str)
    assert rows.flatMapValues(lambda v: v).count() > 100
    assert rows.glom().map(len).sum() == 100
    sc.show_profiles()
    shown = capsys.readouterr().out
    assert f"Profile of RDD<id={rdd.id()}>" in shown and "slow_function" in shown
    sc.show_profiles()
    assert "Profile" not in capsys.readouterr().out
    sc.dump_profiles(str(tmp_path))
    assert (tmp_path / f"rdd_{rdd.id()}.pstats").exists()
    assert sc.profiler_collector.profilers == []


def test_a_profiler_of_the_program(tmp_path, capsys):
    from pyrite.conf import SparkConf

    class Own(BasicProfiler):
        def show(self, id):
            print("mine", id)

    with SparkContext("local", "p", conf=SparkConf().set("spark.python.profile", "true"), profiler_cls=Own) as sc:
        rdd = sc.parallelize([1]).map(lambda x: x)
        assert rdd.collect() == [1]
        sc.show_profiles()
        assert capsys.readouterr().out == f"mine {rdd.id()}\n"
        sc.profiler_collector.profilers.clear()


def test_workers_of_a_later_context_know_nothing_of_the_files_of_an_earlier_one(make_sc, tmp_path):
    (tmp_path / "added.txt").write_text("x")
    sc = make_sc("local[1]")
    sc.addFile(str(tmp_path / "added.txt"))
    assert "PYRITE_FILES" in os.environ
    sc.stop()
    assert "PYRITE_FILES" not in os.environ


def test_a_module_of_the_settings_that_is_missing_is_warned_of(make_sc, tmp_path):
    with pytest.warns(RuntimeWarning, match=r"Failed to add file \[/no/such.py\] specified in 'spark.submit.pyFiles'"):
        sc = make_sc(**{"spark.submit.pyFiles": f"/no/such.py,{tmp_path}"})
    assert sc.parallelize([1]).collect() == [1]
