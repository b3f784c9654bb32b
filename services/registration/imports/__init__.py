"""Import of people from CSV files and Excel workbooks.

A file is read into records, parsed into rows, and written in batches. Valid rows are imported; rejected
rows are reported.
"""
