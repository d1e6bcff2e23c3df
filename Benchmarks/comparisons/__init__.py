"""The common parts of the comparisons of whole searches. README.md in this folder says what they do and how to run
them."""
