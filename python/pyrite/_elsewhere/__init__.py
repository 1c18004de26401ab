"""Files that other systems keep at addresses such as `s3a://bucket/file`, reached through fsspec."""
