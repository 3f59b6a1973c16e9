"""The files of programs: a folder of its own for each namespace, in the data folder.

    namespaces/<name>/files/        what programs see as `/root`
    namespaces/<name>/files.work/   what is being made or deleted, and `usage`: how much is taken, with the lock

    paths       texts to names, and what a name may be
    handles     opening by names, one after the other, so that no link is ever followed
    place       the two folders above, opened
    ledger      turns to change something, and the count of bytes that a quota needs
    staging     what is made aside and then put in its place by one rename
    placing     how it gets there
    appending   the one change that is made in place
    trees       going through, copying and deleting folders
    archives/   packing and unpacking
    folder      the files of a namespace: `substrate.interface.Files`
    shares      links to files
    opening     all of it, for a data folder

A change is made in three steps. Something is staged in `files.work`, its bytes counted before they are written. It is
brought to the disk. Then, in a turn, it is renamed into place. A process that dies leaves the old state or the new
one, and a trace that tells the next one to count again: the mark `busy` in `usage`, or something staged that nobody
has locked.
"""
