"""What the citizen is given of what is held: their own, and no number of anybody else."""

from cli.export import omit_cprs_of_others


def test_the_number_of_the_guardian_who_consented_is_left_out() -> None:
    contact = {"name": "Ida Ibsen", "guardian": "Bo Ibsen", "guardian_cpr": "2512489996"}

    left = omit_cprs_of_others({"registration": [{"contact": contact}]})

    assert left["registration"][0]["contact"]["guardian"] == "Bo Ibsen"
    assert "2512489996" not in str(left)
