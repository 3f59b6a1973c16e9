"""A dialogue on a terminal: line editing, history, colours, completion."""

import os
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import click
import platformdirs
from prompt_toolkit import PromptSession
from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.filters import completion_is_selected
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.lexers import PygmentsLexer
from prompt_toolkit.output import ColorDepth

from oql.cli.repl.commands import COMMANDS
from oql.cli.terminal import colored
from oql.complete import candidates
from oql.highlight import lexer_class
from oql.tokens import unfinished

if TYPE_CHECKING:
    from oql.cli.repl.dialogue import Dialogue


def converse(dialogue: "Dialogue") -> None:
    """Asks for inputs until `:quit` or Ctrl-D. Ctrl-C abandons what is typed."""
    click.echo(f"OQL {version('oql')}. :help for help, :quit or Ctrl-D to leave.")
    prompt: PromptSession[str] = PromptSession(
        "oql> ",
        multiline=True,
        prompt_continuation="...> ",
        history=_history(),
        auto_suggest=AutoSuggestFromHistory(),
        completer=_Completer(dialogue),
        complete_while_typing=False,
        lexer=PygmentsLexer(lexer_class()),
        key_bindings=_keys(),
        color_depth=None if colored(sys.stdout) else ColorDepth.DEPTH_1_BIT,
    )
    while not dialogue.ended:
        try:
            # While it reads, Ctrl-C is a key. When it has just read, Ctrl-C is a signal, which drops the input.
            dialogue.take(prompt.prompt(handle_sigint=False))
        except KeyboardInterrupt:
            continue
        except EOFError:
            return


def _history() -> History:
    """The inputs of earlier dialogues, in a file that only its owner can read."""
    path = Path(platformdirs.user_state_path("oql")) / "history"
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600))
        path.chmod(0o600)
    except OSError:
        return InMemoryHistory()
    return FileHistory(path)


def _keys() -> KeyBindings:
    keys = KeyBindings()

    @keys.add("enter", filter=completion_is_selected)
    def _choose(event: KeyPressEvent) -> None:
        """Takes the chosen word, and nothing more."""
        event.current_buffer.complete_state = None

    @keys.add("enter", filter=~completion_is_selected)
    def _enter(event: KeyPressEvent) -> None:
        """Takes a finished input; one that is not goes on with the next line, indented as this one."""
        buffer = event.current_buffer
        if is_finished(buffer.document):
            buffer.validate_and_handle()
        else:
            buffer.newline(copy_margin=True)

    @keys.add("escape", "enter")
    def _newline(event: KeyPressEvent) -> None:
        """A line end in any case."""
        event.current_buffer.newline(copy_margin=True)

    return keys


def is_finished(document: Document) -> bool:
    """Whether Enter takes the input: a command, a finished program, or an empty last line."""
    text = document.text
    if text.lstrip().startswith(":"):
        return True
    if "\n" in text and not document.is_cursor_at_the_end:
        return False
    return not document.current_line.strip() or not unfinished(text)


class _Completer(Completer):
    """Completes commands, words of the language, and the variables of the dialogue."""

    def __init__(self, dialogue: "Dialogue") -> None:
        self._dialogue = dialogue

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
        """What may stand at the cursor."""
        before = document.text_before_cursor
        if before.startswith(":") and " " not in before:
            yield from (Completion(name, -len(before)) for name in COMMANDS if name.startswith(before))
            return
        shift = len(":help ") if before.startswith(":help ") else 0
        for candidate in candidates(before[shift:], self._dialogue.variables):
            start = candidate.start + shift - len(before)
            yield Completion(candidate.text, start, display_meta=candidate.help)
