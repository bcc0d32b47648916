"""A rule as a formula: MathML made from its own text, and that text with a program's names."""

from __future__ import annotations

import ast
import html
import re
from collections.abc import Mapping

from ..autograd.rule_text import RuleText

OPERATORS = {ast.Add: "+", ast.Sub: "−", ast.Mult: "·", ast.MatMult: "", ast.FloorDiv: "÷"}
RANK = {ast.Add: 1, ast.Sub: 1, ast.Mult: 2, ast.MatMult: 2, ast.Div: 3, ast.Pow: 4}
COMPARED = {
    ast.Lt: "<", ast.LtE: "≤", ast.Gt: ">", ast.GtE: "≥", ast.Eq: "=", ast.NotEq: "≠",
}  # fmt: skip
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
        return _math(ast.parse(rule.text, mode="eval").body)
    except SyntaxError:
        return _text(rule.text)


def said(rule: RuleText) -> str:
    """The first line of a rule's docstring: its formula in words; else the rule's text."""
    match = re.search(r'"""(.+?)(?:"""|\n)', rule.source)
    return match.group(1).strip().rstrip(".") if match else rule.text


def _from_words(words: str) -> str:
    """ "g b^T, where ..." as a formula; what is no formula stays words."""
    head = re.split(r"[,;:]", words)[0]
    parts = head.split()
    if all(re.fullmatch(r"[a-z](\^T)?", part) for part in parts):
        return "<mo>&#8290;</mo>".join(
            f"<msup><mi>{p[0]}</mi><mi>T</mi></msup>" if "^" in p else f"<mi>{p}</mi>"
            for p in parts
        )
    return _text(words)


def _text(words: str) -> str:
    return f"<mtext>{html.escape(words)}</mtext>"


def _word(name: str) -> str:
    return f"<mi>{html.escape(GREEK.get(name, name))}</mi>"


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
        return f"<msup><mrow>{_math(node.left, 5)}</mrow><mrow>{_math(node.right)}</mrow></msup>"
    rank = RANK.get(type(node.op), 0)
    sign = OPERATORS.get(type(node.op))
    if sign is None:
        return _text(ast.unparse(node))
    return f"{_math(node.left, rank)}<mo>{sign or '&#8290;'}</mo>{_math(node.right, rank + 1)}"


def _call(node: ast.Call) -> str:
    name = ast.unparse(node.func)
    given = [_math(a) for a in node.args]
    bare = name.split(".")[-1]
    if name in ("np.exp",) and len(given) == 1:
        return f"<msup><mi>e</mi><mrow>{given[0]}</mrow></msup>"
    if name in ("np.sqrt", "math.sqrt"):
        return f"<msqrt>{given[0]}</msqrt>"
    if bare == "sum" and isinstance(node.func, ast.Attribute) and name != "np.sum":
        return f"<mo>∑</mo>{_math(node.func.value, 2)}"
    if bare == "swapaxes" and isinstance(node.func, ast.Attribute):
        return f"<msup><mrow>{_math(node.func.value, 5)}</mrow><mi>T</mi></msup>"
    if name == "np.dot":
        return "<mo>&#8290;</mo>".join(_math(a, 3) for a in node.args)
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
