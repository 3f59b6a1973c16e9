"""The Python that runs in each guest before its own code: `oql_get`, and how code gets in and values get out.

What a guest's code gives is the value of its last expression, as in a notebook: the text is cut before the last line at
which both what stands before it and what follows make sense, the latter as an expression.
"""

SETUP = r"""
def main(ask):
    import io, json, sys

    COMPOUND = ("if", "for", "while", "with", "try", "def", "class", "async", "else", "elif", "except", "finally", "@")
    MOST_CUTS, MOST_DEPTH, MOST_TOLD = 100, 60, 4000
    inf = float("inf")

    def taken():
        parts = []
        while True:
            part = ask("more", "")
            if not part:
                return "".join(parts)
            parts.append(part)

    def oql_get(name):
        if not isinstance(name, str) or not ask("granted", name):
            raise KeyError("nothing is granted as %r" % (name,))
        return json.loads(taken())

    def compiled(code, mode="exec"):
        try:
            return compile(code, "guest.py", mode)
        except SyntaxError:
            return None

    def expression(text):
        if text.startswith("return"):
            text = text[6:].strip() or "None"
        return text if compiled("(" + text + "\n)", "eval") else None

    def cuts(lines):
        last = True
        for at in range(len(lines) - 1, -1, -1):
            line = lines[at]
            if not line.strip() or line[0] in " \t#":
                continue
            yield "\n".join(lines[:at]), at, "\n".join(lines[at:])
            if last and ";" in line and not line.startswith(COMPOUND):
                middle = line.rindex(";")
                yield "\n".join(lines[:at] + [line[:middle]]), at, line[middle + 1:].strip()
            last = False

    def run(code, space):
        tries = 0
        for before, at, tail in cuts(code.split("\n")):
            tries += 1
            if tries > MOST_CUTS:
                break
            found = expression(tail)
            first = compiled(before) if found else None
            if first:
                exec(first, space)
                space.pop("__value", None)
                exec(compile("\n" * at + "__value = (" + found + "\n)", "guest.py", "exec"), space)
                return space.pop("__value", None)
        exec(compile(code, "guest.py", "exec"), space)

    def checked(value, place, depth):
        if value is None or value is True or value is False or type(value) in (str, int):
            return
        kind = type(value)
        if kind is float:
            if value != value or value in (inf, -inf):
                refuse(str(value), place)
        elif depth > MOST_DEPTH:
            raise ValueError("the value is nested too deeply for JSON, or holds itself")
        elif kind in (list, tuple):
            for i in range(len(value)):
                checked(value[i], place + "[%d]" % i, depth + 1)
        elif kind is dict or isinstance(value, dict):
            for key in value:
                if type(key) is not str:
                    refuse("a key of type " + type(key).__name__, place)
                checked(value[key], place + "." + key[:40] if place else key[:40], depth + 1)
        else:
            refuse("a value of type " + kind.__name__, place)

    def refuse(what, place):
        raise TypeError(what + " has no JSON form" + (", at `%s`" % place if place else ""))

    def tell(error):
        if isinstance(error, MemoryError):
            return ask("full", "")
        told = io.StringIO()
        sys.print_exception(error, told)
        ask("failed", told.getvalue()[-MOST_TOLD:])

    space = {"__name__": "__main__", "oql_get": oql_get}
    wanted = ask("next", "")
    while wanted:
        try:
            value = run(taken(), space)
            if wanted == "value":
                checked(value, "", 0)
                value = json.dumps(value)
            else:
                value = ""
        except BaseException as error:
            value = None
            return tell(error)
        ask("gave", value)
        wanted = ask("next", "")

import host
main(host.call)
"""
