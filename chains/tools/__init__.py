"""What steps of chains get from elsewhere, for pre-tools and for models that call tools alike.

fetch.py   answers of other machines      search.py   results of searches
files.py   texts of files                 cut.py      long values, made shorter
pace.py    how long a piece of work may take
"""
