"""Danish and English: the translator, labels and durations."""
