"""Circles in a graph: Tarjan's strongly connected components."""


def find_circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """The groups of nodes that reach each other, each in alphabetical order. An edge to an unknown node counts for nothing."""
    search = _Search(graph)
    for node in graph:
        if node not in search.order:
            search.visit(node)
    return sorted(search.circles)


class _Search:
    def __init__(self, graph: dict[str, set[str]]) -> None:
        self.graph = graph
        self.order: dict[str, int] = {}
        self.lowest: dict[str, int] = {}
        self.open: list[str] = []
        self.circles: list[list[str]] = []

    def visit(self, node: str) -> None:
        self.order[node] = self.lowest[node] = len(self.order)
        self.open.append(node)
        for other in sorted(self.graph[node] & self.graph.keys()):
            if other not in self.order:
                self.visit(other)
            if other in self.open:
                self.lowest[node] = min(self.lowest[node], self.lowest[other])
        if self.lowest[node] == self.order[node]:
            self._close(node)

    def _close(self, node: str) -> None:
        start = self.open.index(node)
        component, self.open = self.open[start:], self.open[:start]
        if len(component) > 1:
            self.circles.append(sorted(component))
