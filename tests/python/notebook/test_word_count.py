"""The course's notebook runs as it stands, on both kernels, and so does its Korean edition."""

import pytest

INIT = "import pyrite; pyrite.init()"


def count_words(student, feeding, batches):
    """Run the notebook up to its end, typing into the terminal; both forms of the program print the same counts."""
    student.run_until("ssc.awaitTermination()")

    def watch(see):
        feeding.type("The cat and the dog, and the bird.\n")
        see(r"\('the', 3\)\n\('and', 2\)\n", 30)
        feeding.type("Spark! spark? SPARK: 불꽃 불꽃\n")
        see(r"\('spark', 3\)\n\('불꽃', 2\)\n", 30)

    said, seconds = student.run_watched(watch)
    first, second = batches(said)
    assert first[:2] == ["('the', 3)", "('and', 2)"]
    assert sorted(first[2:]) == ["('bird', 1)", "('cat', 1)", "('dog', 1)"]
    assert second == ["('spark', 3)", "('불꽃', 2)"]
    # The promise is 100 ms; the rest is the signal's way into a kernel, and the message's way out, on a busy machine.
    assert seconds < 0.2, f"the interrupt took {seconds:.3f} s"

    feeding.type("one two two three three three\n")
    student.run_until("ssc.awaitTerminationOrTimeout")
    said = student.run()
    assert batches(said) == [["('one', 1)", "('two', 2)", "('three', 3)"]]
    assert student.run() == ""


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_the_notebook_unchanged(student, terminal, batches):
    feeding = terminal(9999)
    with student("01_word_count.ipynb", "pyrite") as reader:
        count_words(reader, feeding, batches)


@pytest.mark.parametrize(
    ("name", "kernel", "first"),
    [
        ("01_word_count.ipynb", "python3", INIT),
        ("01_word_count.ko.ipynb", "pyrite", None),
    ],
)
def test_the_notebook_with_shorter_batches(student, terminal, free_port, batches, name, kernel, first):
    feeding = terminal(free_port)
    changes = {"_9999": str(free_port), "_(sc,10)": "(sc,1)", "_Timeout(25)": "Timeout(3)"}
    with student(name, kernel, first, **changes) as reader:
        count_words(reader, feeding, batches)


def test_the_editions_hold_the_courses_cells(code):
    """The Korean edition has the same code; both have it in the course's order."""
    english, korean = map(code, ("01_word_count.ipynb", "01_word_count.ko.ipynb"))
    assert english == korean
    assert english[:7] == [
        "import findspark",
        "findspark.init()",
        "import pyspark",
        "from pyspark import SparkConf, SparkContext",
        "from pyspark.streaming import StreamingContext",
        'sc = pyspark.SparkContext(master="local[2]")',
        "ssc = StreamingContext(sc,10)",
    ]
    assert 'words = lines.flatMap(lambda line: re.split("\\W+", line))' in english
    assert english[17] == "ssc.awaitTermination()"
