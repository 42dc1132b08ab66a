"""What may happen on a guest list, made up at random."""

from hypothesis import strategies as st

PEOPLE = 5
# which operation, which person, how many come; what makes no sense at that moment is refused and changes nothing
steps = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "add", "invite", "remind", "open", "yes", "yes", "no", "join", "leave", "remove", "check in", "undo",
                "walk in", "admit", "admit unproven", "confirm", "verify",
            ]
        ),
        st.integers(0, PEOPLE - 1),
        st.integers(1, 4),
    ),
    max_size=30,
)  # fmt: skip
