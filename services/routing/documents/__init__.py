"""The record that is passed on with a case: for the screen, and on paper."""
