"""Questions: phrases that a deterministic grammar turns into plans.

text -> questions (one way to write it, grammar/ask.lark) -> phrase (what was said)
     -> naming (which table and columns are meant), comparing (values of the columns' types) -> planning -> plan

`plan` makes the plan of a question; `asked` also says whether it was made before. Nothing here runs a plan.
"""

from substrate.ask.asking import Asked, asked, plan
from substrate.ask.questions import FORMS, LONGEST

__all__ = ["FORMS", "LONGEST", "Asked", "asked", "plan"]
