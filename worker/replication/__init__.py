"""Servers beside one another: who holds the lease keeps it, who follows asks for frames.

asking     another server's routes of replication, over HTTP
keeping    a leader: takes the lease, renews it, and tells the processes of its folder what they may do
following  a follower: takes snapshots and frames of every tenant into its own store, and acknowledges them
process    the process that does either
"""
