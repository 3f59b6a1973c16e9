"""Storage on one machine: SQLite files in the data folder."""
