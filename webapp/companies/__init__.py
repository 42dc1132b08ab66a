"""Companies: the tree, who is what in it, and projects."""
