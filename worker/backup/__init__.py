"""Backups of a data folder: everything that it and its store hold, in a folder of plain files.

manifest.json                  what there is, with the SHA-256 of each file; `manifest.sha256` has its own
namespaces/<name>/store.frames the namespace at one LSN: a frame in each line, as `substrate.replication.dumping`
namespaces/<name>/log-*.frames frames that were written since, where the backup was brought up to date
namespaces/<name>/files.tar    the files of its programs
control/<name>.json            the control databases: accounts, tokens, links, what is due
folder/secret.key, oql.toml    the key of the data folder, and its settings

manifest   reading, writing and checking the first of these
control    control databases as JSON, and back
files      files of a namespace as an archive, and back
making     a backup, and bringing one up to date
restoring  the way back
"""
