"""Guest code: programs in other languages that a step runs, shut in.

    oql/verbs/sandbox.py   the verbs
    guests.py              which language, what a guest is given, what it gives
    javascript.py          QuickJS-NG inside WebAssembly
    micropython.py         MicroPython inside WebAssembly
    modules.py             modules that the program brings itself
    cells.py               one instance of a module: its memory, its time, its end
    wasi.py                what an instance finds where a machine would be: a clock, and nothing else
    engines.py             the compiler, and the thread by which running code is interrupted
    compiled.py            what was compiled, kept between starts

A guest runs on the thread of its step, as machine code that WebAssembly confines to a memory of its own. It can call
nothing but the functions in `wasi.py` and the few that its language adds. Nothing of the host's is passed in but bytes.
"""
