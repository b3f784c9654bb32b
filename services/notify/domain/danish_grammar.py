"""Danish word forms that a template needs."""

_HISSING = ("s", "x", "z")


def genitive(name: str) -> str:
    """Return a name in the Danish genitive: "Karens", "Anders'" (Retskrivningsordbogen, § 4 and § 6)."""
    return name + ("'" if name.lower().endswith(_HISSING) else "s")
