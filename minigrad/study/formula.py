"""A rule as a formula: MathML made from its own text, and that text with a program's names."""

from __future__ import annotations

import ast
import html
import re
from collections.abc import Mapping

from ..autograd.rule_text import RuleText

UNSEEN = "\u2062"  # a product without a sign
OPERATORS = {ast.Add: "+", ast.Sub: "−", ast.Mult: "·", ast.MatMult: UNSEEN, ast.FloorDiv: "÷"}
RANK = {ast.Add: 1, ast.Sub: 1, ast.Mult: 2, ast.MatMult: 2, ast.Div: 3, ast.Pow: 4}
COMPARED = {
    ast.Lt: "<", ast.LtE: "≤", ast.Gt: ">", ast.GtE: "≥", ast.Eq: "=", ast.NotEq: "≠",
}  # fmt: skip
COMPUTED = (ast.GeneratorExp, ast.Tuple, ast.Starred, ast.IfExp)
GREEK = {"pi": "π", "inf": "∞"}


def mathml(rule: RuleText) -> str:
    """The rule as a formula for a page.

    >>> from minigrad.autograd.rule_text import rule_texts
    >>> mathml(rule_texts(np.sin)[0])[-76:-14]
    '<mi>g</mi><mo>·</mo><mi>cos</mi><mo>(</mo><mi>x</mi><mo>)</mo>'
    """
    left = _fraction(_word("∂L"), f"<mrow><mo>∂</mo>{_word(rule.argument)}</mrow>")
    return f'<math displaystyle="true"><mrow>{left}<mo>=</mo>{right(rule)}</mrow></math>'


def right(rule: RuleText) -> str:
    """What stands on the right of the equals sign: parsed, or in the words of a docstring."""
    if rule.source.startswith("def "):
        return _from_words(said(rule))
    try:
        tree = ast.parse(rule.text, mode="eval").body
    except SyntaxError:
        return _text(rule.text)
    spread = isinstance(tree, ast.Call) and ast.unparse(tree.func) == "spread"
    return _math(tree) + (_text(", to each element") if spread else "")


def said(rule: RuleText) -> str:
    """The first line of a rule's docstring: its formula in words; else the rule's text."""
    match = re.search(r'"""(.+?)(?:"""|\n)', rule.source)
    return match.group(1).strip().rstrip(".") if match else rule.text


FACTOR = re.compile(r"[a-z](\^(T|\(.+\)))?|[a-z]+\([a-z]\)")


def _from_words(words: str) -> str:
    """A product such as "g b^T, where ..." as a formula; what is no product stays words."""
    parts = re.split(r"[,;:]", words)[0].split()
    if all(FACTOR.fullmatch(part) for part in parts):
        times = " @ " if any("^T" in part for part in parts) else " * "
        return _math(ast.parse(times.join(parts).replace("^", "**"), mode="eval").body)
    return _text(words)


def _text(words: str) -> str:
    return f"<mtext>{html.escape(words)}</mtext>"


def _word(name: str) -> str:
    return f"<mi>{html.escape(GREEK.get(name, name))}</mi>"


def _row(node: ast.expr) -> str:
    return f"<mrow>{_math(node, 5)}</mrow>"


def _fraction(top: str, bottom: str) -> str:
    return f"<mfrac><mrow>{top}</mrow><mrow>{bottom}</mrow></mfrac>"


def _math(node: ast.expr, rank: int = 0) -> str:
    made = _inner(node)
    own = RANK.get(type(node.op), 9) if isinstance(node, ast.BinOp) else 9
    if isinstance(node, ast.UnaryOp):
        own = 2
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        own = 9  # a fraction needs no brackets
    return f"<mo>(</mo>{made}<mo>)</mo>" if own < rank else made


def _inner(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return _word(node.id)
    if isinstance(node, ast.Constant):
        return f"<mn>{html.escape(str(node.value))}</mn>"
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.Invert)):
        sign = "−" if isinstance(node.op, ast.USub) else "¬"
        return f"<mo>{sign}</mo>{_math(node.operand, 2)}"
    if isinstance(node, ast.BinOp):
        return _binary(node)
    if isinstance(node, ast.Compare) and type(node.ops[0]) in COMPARED and len(node.ops) == 1:
        sign = html.escape(COMPARED[type(node.ops[0])])
        return f"{_math(node.left)}<mo>{sign}</mo>{_math(node.comparators[0])}"
    if isinstance(node, ast.Subscript):
        return f"<msub>{_row(node.value)}{_text(ast.unparse(node.slice))}</msub>"
    if isinstance(node, ast.Attribute):
        if isinstance(node.value, ast.Name) and node.value.id in ("math", "np"):
            return _word(node.attr)
        return _text(ast.unparse(node))
    if isinstance(node, ast.Call):
        return _call(node)
    return _text(ast.unparse(node))


def _binary(node: ast.BinOp) -> str:
    if isinstance(node.op, ast.Div):
        return _fraction(_math(node.left), _math(node.right))
    if isinstance(node.op, ast.Pow):
        return f"<msup>{_row(node.left)}<mrow>{_math(node.right)}</mrow></msup>"
    rank = RANK.get(type(node.op), 0)
    sign = OPERATORS.get(type(node.op))
    if sign is None:
        return _text(ast.unparse(node))
    return f"{_math(node.left, rank)}<mo>{sign}</mo>{_math(node.right, rank + 1)}"


def _call(node: ast.Call) -> str:
    name = ast.unparse(node.func)
    given = [_text("…") if isinstance(a, COMPUTED) else _math(a) for a in node.args]
    bare = name.split(".")[-1]
    if name in ("np.exp",) and len(given) == 1:
        return f"<msup><mi>e</mi><mrow>{given[0]}</mrow></msup>"
    if name in ("np.sqrt", "math.sqrt"):
        return f"<msqrt>{given[0]}</msqrt>"
    if name in ("spread", "flat_in"):  # to the shape of what was reduced; or no more than g
        return given[0]
    if name == "count":
        return _word("n")
    if name == "relu_back":
        return f"{given[0]}{_text(' where ')}{given[1]}<mo>&gt;</mo><mn>0</mn>{_text(', else 0')}"
    if name == "np.where":
        condition, chosen, other = given
        return f"{chosen}{_text(' where ')}{condition}{_text(', else ')}{other}"
    if bare == "reshape" and isinstance(node.func, ast.Attribute):
        return f"{_math(node.func.value, 5)}{_text(', in another shape')}"
    if bare == "sum" and isinstance(node.func, ast.Attribute) and name != "np.sum":
        return f"<mo>∑</mo>{_math(node.func.value, 2)}"
    if bare == "swapaxes" and isinstance(node.func, ast.Attribute):
        return f"<msup>{_row(node.func.value)}<mi>T</mi></msup>"
    if name == "np.dot":
        return f"<mo>{UNSEEN}</mo>".join(_math(a, 3) for a in node.args)
    if isinstance(node.func, ast.Attribute) and not name.startswith(("np.", "math.")):
        return _text(ast.unparse(node))
    return f"{_word(bare)}<mo>(</mo>{'<mo>,</mo>'.join(given)}<mo>)</mo>"


def put_in(text: str, words: Mapping[str, str]) -> str:
    """A rule's text with other words for its names.

    >>> put_in("g * (1 - y * y)", {"g": "0.5", "y": "[1, 2]"})
    '0.5 * (1 - [1, 2] * [1, 2])'
    """
    longest = sorted(words, key=len, reverse=True)  # x.shape before x
    pattern = r"(?<![\w.])(" + "|".join(map(re.escape, longest)) + r")(?!\w|\s*=[^=])"
    return re.sub(pattern, lambda m: words[m.group(1)], text) if words else text
