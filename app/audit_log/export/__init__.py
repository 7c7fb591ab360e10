"""The log in the forms in which it leaves the service, and what reads those forms back.

`jsonl` can be verified from the file alone, `table` is for spreadsheets, `legacy` continues the chained JSONL logs of
earlier agent gateways. Each has `lines(rows)`, which takes stored rows and gives lines, both one at a time.
"""
