"""CSV and JSON files: what is plain goes through the executor's and PyArrow's readers, all else line by line as Spark reads it."""
