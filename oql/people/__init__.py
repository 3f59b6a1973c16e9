"""People in the loop, apart from how they are reached: forms and questions, and what counts as an answer.

    forms      what a step of GATHER or CONFIRM shows, as JSON
    answers    what a person gave, checked against the form, as the typed values that programs get
    checks     what is wrong with a form before the program runs

A form is `{"title": text or null, "fields": [{"name", "label", "kind", "required", "choices"?}]}`, where a kind is one
of `answers.KINDS` in small letters; a question is `{"prompt": text}`.
"""
