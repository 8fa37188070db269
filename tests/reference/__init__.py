"""A second, slow opinion: what `audit` does in SQL, done row by row from the words of the documents.

Nothing here imports `audit` or `checks`, and nothing is clever: where the two differ, one of them is wrong.
Only the golden test asks both.
"""
