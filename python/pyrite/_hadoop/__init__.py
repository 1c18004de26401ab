"""Hadoop's file formats as far as programs meet them: SequenceFiles of simple values, text with offsets. No JVM."""
