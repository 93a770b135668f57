"""Constraints as text: ``F1 + F2 + F4 - F3 = 0``, ``F4 = F3 * TC34``, ``2.5*"heat, site A" = 1e3``.

    constraint = sum "=" sum
    sum        = ["+" | "-"] term { ("+" | "-") term }
    term       = factor { "*" factor }            at most two names
    factor     = number | name | "quoted name"

A name starts with a letter or ``_`` and goes on with letters, digits and ``_ . : @``; any other name stands in double
quotes. ``·`` and ``×`` mean ``*``, ``−`` means ``-``. Nothing is evaluated: the reader goes once through the text, in
time that grows with its length.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lichen.balance.system import LARGEST, Constraint
from lichen.errors import InputError, Problems, Where

LONGEST = 1_000_000
"""Characters of a constraint."""
_TOKEN = re.compile(
    r"(?P<blank>\s+)|(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?P<name>[^\W\d][\w.:@]*)"
    r'|"(?P<quoted>[^"]+)"|(?P<sign>[-+−])|(?P<times>[*·×])|(?P<equals>=)'
)
_NAMES = 2


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    at: int


class _SyntaxError(Exception):
    """What was expected at a place."""

    def __init__(self, expected: str, token: _Token) -> None:
        self.expected, self.token = expected, token
        super().__init__(expected)


def parse_constraint(text: str, name: str = "") -> Constraint:
    """Return the constraint that ``text`` says; its name is the text itself unless given.

    Raises
    ------
    InputError
        With the column where the text cannot be read.

    Examples
    --------
    >>> parse_constraint("F4 - F3*TC34 = 0").products
    ((-1.0, 'F3', 'TC34'),)
    """
    return parse_constraints({name or text: text})[0]


def parse_constraints(texts: Mapping[str, str] | Iterable[str]) -> tuple[Constraint, ...]:
    """Return the constraints of ``texts`` (by name, or named by their own text), all problems together.

    Raises
    ------
    InputError
        With the constraint and column of every text that cannot be read.
    """
    named = list(texts.items()) if isinstance(texts, Mapping) else [(text, text) for text in texts]
    problems, constraints = Problems(), []
    for name, text in named:
        if len(text) > LONGEST:
            problems.add("reconcile.long", Where(key=name), found=len(text), allowed=LONGEST)
            continue
        try:
            constraints.append(_constraint(" ".join(name.split()), _tokens(text)))
        except _SyntaxError as error:
            token = error.token
            problems.add(
                "reconcile.syntax", Where(key=" ".join(name.split())), column=token.at + 1,
                found=token.text or "–", expected=error.expected,
            )  # fmt: skip
    problems.raise_if_errors(InputError)
    return tuple(constraints)


def _tokens(text: str) -> list[_Token]:
    """Return the tokens of the text, without blanks, and one for the end."""
    tokens, at = [], 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise _SyntaxError("number, name, + - * =", _Token("", text[at], at))
        kind = str(found.lastgroup)
        if kind != "blank":
            tokens.append(_Token("name" if kind == "quoted" else kind, found.group(kind), at))
        at = found.end()
    return [*tokens, _Token("end", "", len(text))]


def _constraint(name: str, tokens: list[_Token]) -> Constraint:
    linear: dict[str, float] = {}
    products: dict[tuple[str, str], float] = {}
    constant, side, i = 0.0, 1.0, 0
    while True:
        sign, i = _sign(tokens, i)
        coefficient, names, i = _term(tokens, i)
        coefficient *= side * sign
        if not names:
            constant += coefficient
        elif len(names) == 1:
            linear[names[0]] = linear.get(names[0], 0.0) + coefficient
        else:
            products[names[0], names[1]] = products.get((names[0], names[1]), 0.0) + coefficient
        token = tokens[i]
        if token.kind == "equals" and side > 0:
            side, i = -1.0, i + 1
        elif token.kind == "end" and side < 0:
            return Constraint(name, linear, tuple((c, a, b) for (a, b), c in products.items()), constant)
        elif token.kind != "sign":
            raise _SyntaxError("+ - * =" if side > 0 else "+ - *", token)


def _sign(tokens: list[_Token], i: int) -> tuple[float, int]:
    """Return the sign before a term; none means plus."""
    if tokens[i].kind != "sign":
        return 1.0, i
    return (1.0 if tokens[i].text == "+" else -1.0), i + 1


def _term(tokens: list[_Token], i: int) -> tuple[float, tuple[str, ...], int]:
    """Return coefficient and names of the term that starts at token ``i``, and where it ends."""
    coefficient, names = 1.0, []
    while True:
        token = tokens[i]
        if token.kind == "number":
            coefficient *= float(token.text)
            if abs(coefficient) > LARGEST:
                raise _SyntaxError(f"≤ {LARGEST:g}", token)
        elif token.kind == "name":
            names.append(token.text)
            if len(names) > _NAMES:
                raise _SyntaxError("x * y", token)
        else:
            raise _SyntaxError("number, name", token)
        i += 1
        if tokens[i].kind != "times":
            return coefficient, tuple(names), i
        i += 1
