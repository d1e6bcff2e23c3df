"""What the comparisons of whole searches share: README.md beside this file tells what they do and how they are begun."""
