"""End users: the people who sign in to what the programs of a namespace serve. They have nothing to do with accounts.

steps       what the verbs do
names       which usernames, passwords and addresses there may be, and when two names are one
hashing     password hashes, few at a time
attempts    the pause after wrong passwords
records     the rows of users
sessions    tokens, and the rows of sessions
"""
