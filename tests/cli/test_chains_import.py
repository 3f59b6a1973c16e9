"""`oql chains import`: a folder of texts, saved for an account."""

from pathlib import Path

from tests.cli.calling import oql

CHAIN = "name: {name}\noutput: o\nsteps:\n  - {{id: a, prompt: p, output_var: o}}\n"


def test_a_folder_with_something_invalid_in_it(tmp_path: Path) -> None:
    folder, data = tmp_path / "texts", tmp_path / "data"
    folder.mkdir()
    for name, text in (
        ("one.yaml", CHAIN.format(name="one")), ("one.yml", "not: this"), ("two.yml", CHAIN.format(name="other")),
        ("line.yaml", "name: line\noutput: x\nchains: [{id: x, chain: one}]\n"), ("bad.yaml", "name: bad\nsteps: []\n"),
        ("a b.yaml", CHAIN.format(name="ab")), ("notes.txt", "no"), ("latin.yaml", ""),
    ):  # fmt: skip
        (folder / name).write_text(text)
    (folder / "latin.yaml").write_bytes(b"\xff")
    called = oql("chains", "import", folder, "--data", data)
    assert (called.code, called.out) == (1, "chain one\nchain two\npipeline line\n")
    assert f'warning: {folder}/two.yml: name: is "other", and the text is saved as "two"\n' in called.err
    assert f'error: {folder}/bad.yaml: Invalid chain "bad":\n  output: is required\n' in called.err
    assert f'error: {folder}/a b.yaml: Invalid name: "a b"\n' in called.err
    assert f"error: {folder}/latin.yaml: " in called.err
    for name in ("bad.yaml", "a b.yaml", "latin.yaml"):
        (folder / name).unlink()
    again = oql("chains", "import", folder, "--data", data, "--account", "test")
    assert (again.code, again.out) == (0, "chain one\nchain two\npipeline line\n")
