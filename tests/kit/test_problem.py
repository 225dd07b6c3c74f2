from neuropil.kit.problem import Problem, guess


def test_is_a_value_error_so_that_libraries_can_catch_it() -> None:
    assert issubclass(Problem, ValueError)


def test_guesses_the_nearest_word() -> None:
    assert guess("colourize", ["colorize", "drive"]) == " (did you mean colorize?)"
    assert guess("xyz", ["colorize", "drive"]) == ""
