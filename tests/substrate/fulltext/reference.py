"""Full text as its rules have it, and nothing else: the documents of a field in a dict, scores by the formula."""

from math import log

K1, B = 1.2, 0.75


class Reference:
    """A field whose documents hold words between blanks."""

    def __init__(self) -> None:
        self.documents: dict[str, list[str]] = {}

    def put(self, doc_id: str, text: str) -> None:
        """Keeps a document in place of the one of its id."""
        self.documents[doc_id] = text.split()

    def delete(self, doc_id: str) -> bool:
        """Deletes a document; False where there is none."""
        return self.documents.pop(doc_id, None) is not None

    def bm25(self, query: str, k: int) -> list[tuple[str, float]]:
        """The k best documents with their scores, best first, equals by their ids."""
        scores = {doc_id: self._score(doc_id, set(query.split())) for doc_id in self.documents}
        best = sorted((-score, doc_id) for doc_id, score in scores.items() if score > 0)
        return [(doc_id, -score) for score, doc_id in best[:k]]

    def boolean(self, query: str) -> list[str]:
        """The ids of the documents that have all words."""
        wanted = set(query.split())
        return sorted(doc_id for doc_id, words in self.documents.items() if wanted and wanted <= set(words))

    def phrase(self, query: str) -> list[str]:
        """The ids of the documents that have the words in a row."""
        wanted = query.split()
        return sorted(
            doc_id
            for doc_id, words in self.documents.items()
            if wanted and any(words[at : at + len(wanted)] == wanted for at in range(len(words)))
        )

    def _score(self, doc_id: str, query: set[str]) -> float:
        words = self.documents[doc_id]
        total = len(self.documents)
        average = sum(map(len, self.documents.values())) / total
        score = 0.0
        for word in query:
            having = sum(word in each for each in self.documents.values())
            times = words.count(word)
            if times:
                idf = log(1 + (total - having + 0.5) / (having + 0.5))
                score += idf * times * (K1 + 1) / (times + K1 * (1 - B + B * len(words) / average))
        return score
