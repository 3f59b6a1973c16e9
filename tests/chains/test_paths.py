"""Files that outputs name."""

from chains.paths import files_in


def test_files_are_absolute_paths_of_documents_and_pictures_in_any_case() -> None:
    outputs = ["see /root/a.PDF, /root/a.pdf and /root/b/c.Png.", "/root/d.jpg /root/d.jpg /root/e.CSV", ""]
    assert files_in(outputs) == ["/root/a.PDF", "/root/a.pdf", "/root/b/c.Png", "/root/d.jpg", "/root/e.CSV"]


def test_what_is_no_such_file() -> None:
    assert files_in(["a.pdf https://x.example/a.pdf /root/a.pdfx /root/a.txt /root/.PDFS"]) == []
