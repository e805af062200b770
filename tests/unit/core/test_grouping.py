"""Grouping by a key."""

from stages.core.grouping import grouped


def test_items_keep_their_order_and_keys_come_as_they_first_do():
    found = grouped(["bee", "ant", "bat", "cat", "ape"], lambda word: word[0])
    assert list(found.items()) == [("b", ["bee", "bat"]), ("a", ["ant", "ape"]), ("c", ["cat"])]


def test_nothing_has_no_groups():
    assert grouped([], len) == {}
