"""People registered twice: found, proposed to people, merged by two of them, and parted again."""
