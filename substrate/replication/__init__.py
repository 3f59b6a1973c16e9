"""Replication: which server may write, and how others come to have what it wrote.

    leases      one lease, with an epoch that grows whenever it changes hands; what followers have acknowledged
    standing    what the processes of this server may do now: a small file that its replication process writes
    confirming  answers that wait until the configured followers have a write
    dumping     a namespace at one moment as frames: what a follower begins with, and what a backup holds
    loading     such frames as a namespace
    applying    frames of a leader's log as changes of a follower's namespace

A leader holds the lease and writes; each of its commits looks at the epoch of the namespace (`_oc_meta.epoch`), so
that one who has lost the lease cannot write behind one who got it. A follower asks for frames, does what they say, and
keeps them byte for byte in a log of its own: places, checksums and versions of rows are those of the leader.

    leader    commit -> frame in the log ------------------> answered once acknowledged, or late and `degraded`
                          |                                     ^
    follower       GET frames -> checked -> applied, on disk -> POST ack

What is not in the change log does not reach a follower: the system tables (jobs, waits, timers), the cache, files, and
the control databases (accounts, tokens). A backup has all of that.
"""
