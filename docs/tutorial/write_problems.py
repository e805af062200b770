"""200 word problems of a corner shop as CSV, to follow docs/tutorial.md with: `python docs/tutorial/write_problems.py`.

Columns: `topic`, `problem`, `worked` (the solution, a step a line) and `result`. The same seed gives the same file.
"""

import csv
import random
import sys
from collections.abc import Callable

Row = tuple[str, str, str, int]


def _change(draw: random.Random) -> Row:
    price, count = draw.randint(2, 9), draw.randint(3, 9)
    cost, paid = price * count, draw.choice([80, 90, 100])
    return (
        "change",
        f"A melon costs ${price}. Mrs. Ito buys {count} melons and pays with ${paid}. How much change does she get?",
        f"The melons cost {price} * {count} = ${cost}.\nHer change is {paid} - {cost} = ${paid - cost}.",
        paid - cost,
    )


def _stock(draw: random.Random) -> Row:
    boxes, each = draw.randint(3, 9), draw.randint(5, 10)
    full, sold = boxes * each, draw.randint(4, 14)
    return (
        "stock",
        f"The shop gets {boxes} boxes of {each} candles and sells {sold} candles. How many candles are left?",
        f"The shop gets {boxes} * {each} = {full} candles.\nThere are {full} - {sold} = {full - sold} candles left.",
        full - sold,
    )


def _shelves(draw: random.Random) -> Row:
    shelves, each = draw.randint(3, 9), draw.randint(3, 9)
    front, total = draw.randint(1, 9), shelves * each
    return (
        "shelves",
        f"{total + front} jars have to be put away. {front} go to the window, the others in equal numbers on {shelves} "
        "shelves. How many jars are on each shelf?",
        f"There are {total + front} - {front} = {total} jars for the shelves.\n"
        f"On each shelf are {total} / {shelves} = {each} jars.",
        each,
    )


def _week(draw: random.Random) -> Row:
    monday, more, less = draw.randint(10, 40), draw.randint(2, 20), draw.randint(2, 9)
    tuesday = monday + more
    return (
        "week",
        f"On Monday {monday} people come into the shop. On Tuesday {more} more come than on Monday, and on Wednesday "
        f"{less} fewer than on Tuesday. How many come on Wednesday?",
        f"On Tuesday {monday} + {more} = {tuesday} people come.\n"
        f"On Wednesday {tuesday} - {less} = {tuesday - less} people come.",
        tuesday - less,
    )


def _two_goods(draw: random.Random) -> Row:
    tea, coffee = draw.randint(2, 9), draw.randint(2, 9)
    packs, tins = draw.randint(2, 5), draw.randint(2, 5)
    return (
        "two goods",
        f"Tea is ${tea} a pack and coffee ${coffee} a tin. What do {packs} packs of tea and {tins} tins of coffee cost "
        "together?",
        f"The tea costs {packs} * {tea} = ${packs * tea}.\nThe coffee costs {tins} * {coffee} = ${tins * coffee}.\n"
        f"Together they cost {packs * tea} + {tins * coffee} = ${packs * tea + tins * coffee}.",
        packs * tea + tins * coffee,
    )


def _wages(draw: random.Random) -> Row:
    hours, rate, tip = draw.randint(2, 8), draw.randint(5, 11), draw.randint(1, 9)
    pay = hours * rate
    return (
        "wages",
        f"Sami helps in the shop for {hours} hours at ${rate} an hour and gets a tip of ${tip}. How much does he earn?",
        f"For his hours Sami gets {hours} * {rate} = ${pay}.\nWith the tip he earns {pay} + {tip} = ${pay + tip}.",
        pay + tip,
    )


def _bundles(draw: random.Random) -> Row:
    each, bundles, spoilt = draw.randint(3, 9), draw.randint(3, 9), draw.randint(1, 8)
    total = each * bundles + spoilt
    return (
        "bundles",
        f"Of {total} roses {spoilt} are spoilt. The others are tied into bundles of {each}. How many bundles is that?",
        f"There are {total} - {spoilt} = {total - spoilt} good roses.\n"
        f"They make {total - spoilt} / {each} = {bundles} bundles.",
        bundles,
    )


def _till(draw: random.Random) -> Row:
    notes, coins, out = draw.randint(3, 12), draw.randint(5, 30), draw.randint(2, 9)
    held = notes * 5 + coins
    return (
        "till",
        f"In the till are {notes} notes of $5 and ${coins} in coins. The owner takes ${out} out. How much is left?",
        f"The notes are {notes} * 5 = ${notes * 5}.\nWith the coins there are {notes * 5} + {coins} = ${held}.\n"
        f"What is left is {held} - {out} = ${held - out}.",
        held - out,
    )


_TOPICS: list[Callable[[random.Random], Row]] = [_change, _stock, _shelves, _week, _two_goods, _wages, _bundles, _till]


def main(rows: int = 200, seed: int = 0) -> None:
    """Write the problems to stdout, no question twice."""
    draw, written = random.Random(seed), set[str]()
    table = csv.writer(sys.stdout, lineterminator="\n")
    table.writerow(["topic", "problem", "worked", "result"])
    while len(written) < rows:
        row = _TOPICS[len(written) % len(_TOPICS)](draw)
        if row[1] not in written:
            written.add(row[1])
            table.writerow(row)


if __name__ == "__main__":
    main()
