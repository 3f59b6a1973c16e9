"""The style of the pages on which a person answers; colours keep a contrast of 4.5 to 1 or more."""

from server.pages import STYLE as _COMMON

STYLE = (
    _COMMON
    + """
:root { --edge: #5c5c5c; --quiet: #555; --wrong: #b3261e; --main: #0b57a4; --on-main: #fff; --focus: #0b57a4 }
body { margin: 2rem auto }
h1 { margin: 0 0 1rem; font-size: 1.75rem; line-height: 1.25; overflow-wrap: anywhere }
.group { margin: 0 0 1.5rem }
.group.wrong { padding-left: 1rem; border-left: 4px solid var(--wrong) }
label, legend { display: block; padding: 0; font-weight: 600; overflow-wrap: anywhere }
.mark, .until { font-weight: 400; color: var(--quiet) }
.problem { margin: 0 0 .25rem; font-weight: 600; color: var(--wrong); overflow-wrap: anywhere }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap }
input, select, textarea, button { font: inherit }
input, select, textarea { box-sizing: border-box; color: inherit; background: transparent }
input:not([type=radio]), select, textarea { width: 100%; min-height: 2.75rem; margin-top: .25rem;
  padding: .5rem .75rem; border: 1px solid var(--edge); border-radius: 4px }
input.short { max-width: 14rem }
select { background: Canvas }
.wrong input:not([type=radio]), .wrong select, .wrong textarea { border: 2px solid var(--wrong) }
fieldset { min-width: 0; margin: 0; padding: 0; border: 0 }
.choice { display: flex; align-items: flex-start; gap: .5rem }
.choice input { flex: none; width: 1.5rem; height: 1.5rem; margin: .65rem 0 0; accent-color: var(--main) }
.choice label { flex: 1; padding: .6rem 0; font-weight: 400 }
.prompt { font-size: 1.25rem; white-space: pre-wrap; overflow-wrap: anywhere }
.buttons { display: flex; flex-wrap: wrap; gap: .75rem }
button { min-height: 2.75rem; padding: .5rem 1.5rem; border: 2px solid var(--main); border-radius: 4px;
  font-weight: 600; color: var(--on-main); background: var(--main); cursor: pointer }
button.other { color: var(--main); background: transparent }
.summary { margin: 0 0 2rem; padding: 1rem; border: 3px solid var(--wrong); border-radius: 4px }
.summary h2 { margin: 0 0 .5rem; font-size: 1.25rem; line-height: 1.25 }
.summary ul { margin: 0; padding-left: 1.25rem }
.summary li, .summary a { color: var(--wrong); font-weight: 600; overflow-wrap: anywhere }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px }
@media (prefers-color-scheme: dark) {
  :root { --edge: #9a9a9a; --quiet: #b4b4b4; --wrong: #ff8f86; --main: #8ab8f0; --on-main: #10243c; --focus: #8ab8f0 }
}
@media (max-width: 30rem) {
  body { margin: 1.25rem auto }
  button { flex: 1 }
}
"""
)
