"""A second, slow opinion: what `audit` computes in SQL, worked out row by row from the words of the documents.

Nothing here imports `audit` or `checks`, and nothing is clever: where the two differ, one of them is wrong.
"""
