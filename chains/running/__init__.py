"""Runs executions: what a task of a chain's graph does on the engine.

forms.py       a job of the kind "chain" or "pipeline" -> the program, tasks and keeper of one run of it
execution.py   the tasks of one chain: variables, how far each step is, early exits and failures
flow.py        one step from its condition to its output       works.py    what a step may ask of all this
attempts.py    tries, and demands on outputs                   nested.py   chains and programs inside a step
telling.py     events of an execution, and to whom else they are told
"""
