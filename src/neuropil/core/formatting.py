"""A neuron written out: as text, step by step as in the lecture notes; as LaTeX, HTML and CSV.

    print(to_text(record))              six digits
    print(to_text(record, None))        every digit: the shortest that reads back as the same float
    to_latex(record), to_html(record), to_csv(record)

A neuron with few inputs is written out in full; of one with many, the largest terms are shown and
the rest is one line, so that the sum still adds up.
"""

import csv
import html as web
import io
import math
import re
from dataclasses import dataclass

from neuropil.core.neuron import NeuronRecord

MAX_INLINE_TERMS = 4  # inputs that fit into a line
MAX_ROWS = 12  # rows of a table
DIGITS = 6
MINUS = "-"


def number(value: float, digits: int | None = DIGITS) -> str:
    """Write a number with so many significant digits; None writes the shortest exact form."""
    # `repr` of a float is the shortest text that reads back as the same float.
    value = float(value) + 0.0  # which makes 0 of -0
    return repr(value) if digits is None else f"{value:.{digits}g}"


def to_text(record: NeuronRecord, digits: int | None = DIGITS, most: int = MAX_ROWS) -> str:
    """Write the arithmetic step by step; `digits` None writes every digit, `most` terms are shown.

    Raises ValueError for digits that no number has.
    """
    if digits is not None and not 1 <= digits <= 17:
        raise ValueError(f"{digits} digits: give 1 to 17, or None for all")
    lines = [record.name, *_sum_lines(record, digits, most), *_curve_lines(record, digits)]
    if record.backward:
        lines += _backward_lines(record, digits)
    return "\n  ".join([*lines, *_proof_lines(record, digits)]) + "\n"


def _sum_lines(record: NeuronRecord, digits: int | None, most: int) -> list[str]:
    """Write z: in full, or as a table."""
    if len(record.terms) > MAX_INLINE_TERMS:
        return _table_lines(record, digits, most)
    one = len(record.terms) == 1  # w·x, not w1·x1
    letters = [f"w{i or ''}·x{i or ''}" for i in ([0] if one else range(1, len(record.terms) + 1))]
    factors = [f"{number(t.w, digits)}·{_bracket(t.x, digits)}" for t in record.terms]
    products = [number(t.product, digits) for t in record.terms]
    b = number(record.bias, digits)
    symbols = ["x"] if one else [f"x{i}" for i in range(1, len(record.terms) + 1)]
    named = zip(symbols, (term.name for term in record.terms), strict=True)
    return [  # the rule, the numbers put in, the products, the sum: one line each
        *(f"{symbol}: {name}" for symbol, name in named if name and name != symbol),
        f"z = {' + '.join([*letters, 'b'])}",
        f"  = {_join_sum([*factors, b])}",
        f"  = {_join_sum([*products, b])}",
        f"  = {number(record.z, digits)}",
    ]


def _join_sum(parts: list[str]) -> str:
    """Join numbers to a sum; what is negative is taken away."""
    first, *others = parts  # the first keeps its sign
    # "0.1 - 0.2", not "0.1 + -0.2"
    signed = (f" - {p[1:]}" if p.startswith(MINUS) else f" + {p}" for p in others)
    return first + "".join(signed)


def _bracket(value: float, digits: int | None) -> str:
    shown = number(value, digits)
    return f"({shown})" if shown.startswith(MINUS) else shown


def term_rows(record: NeuronRecord, digits: int | None, most: int) -> list[tuple[str, ...]]:
    """List the largest terms, the rest, the bias and the sum: name, x, w, w·x (, dL/dw, new w)."""
    # A rest of a single term would take the line that the term itself takes.
    chosen = record.largest(most if len(record.terms) > most + 1 else len(record.terms))
    listed = []
    # All of them come in their own order; a choice comes with the largest |w·x| first.
    for i in sorted(chosen) if len(chosen) == len(record.terms) else chosen:
        term = record.terms[i]
        values = [term.x, term.w, term.product, *gradient_values(record, i)]
        told = ["" if value is None else number(value, digits) for value in values]
        listed.append((term.name or f"x{i + 1}", *told))
    n_back = len(column_names(record)) - 4  # columns of the way back: none, dL/dw, or also new w
    if rest := set(range(len(record.terms))) - set(chosen):
        # So that the column still adds up to z, whatever is left out.
        total = number(math.fsum(record.terms[i].product for i in rest), digits)
        listed.append((f"the other {len(rest)}", "", "", total, *([""] * n_back)))
    back = [record.dL_db, record.updated_bias] if n_back and record.bias_learned else []
    after = [*(number(v, digits) for v in back), *[""] * n_back]
    bias = number(record.bias, digits)
    # The bias is a weight whose input is always 1, and stands in the table as one.
    return [*listed, ("bias", "1", bias, bias, *after[:n_back])]


def gradient_values(record: NeuronRecord, i: int) -> list[float] | list[None]:
    """List what a term's row says of the way back: nothing, dL/dw, or also the new w.

    A weight that was never learned (the 1 of a shortcut) has no gradient.
    """
    if record.backward is None:
        return []
    if not record.terms[i].learned:
        return [None] * (len(column_names(record)) - 4)
    return [record.dL_dw[i], record.updated_weights[i]][: len(column_names(record)) - 4]


def column_names(record: NeuronRecord) -> tuple[str, ...]:
    """Name the columns of `term_rows`."""
    names = ("input", "x", "w", "w·x", "dL/dw", "w after the step")
    if record.backward is None:
        return names[:4]
    return names[:5] if record.backward.rate is None else names


def _table_lines(record: NeuronRecord, digits: int | None, most: int) -> list[str]:
    """Lay the terms out in columns under each other."""
    table = [column_names(record), *term_rows(record, digits, most)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]  # of the longest cell
    laid = [
        "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]).rstrip()
        for row in table
    ]
    n = len(record.terms)
    total = f"z = Σ w·x + b, {n} inputs = {number(record.z, digits)}"
    return [laid[0], "-" * (sum(widths) + 2 * len(widths) - 2), *laid[1:], total]


def _curve_lines(record: NeuronRecord, digits: int | None) -> list[str]:
    """Write a = f(z) and its slope with the numbers put in."""
    values = {
        "z": number(record.z, digits),
        "a": number(record.a, digits),
        "Z": _bracket(record.z, digits),
        "A": _bracket(record.a, digits),
    }
    if record.activation.name == "identity":
        return [f"a = z = {values['a']}   (no activation function)"]
    # The formula with its numbers, a = f(z), then da/dz: what a reader would put in by hand.
    curve = record.activation
    slope = curve.derivative_formula.format(**values)
    return [
        f"a = {curve.formula}{curve.substitution.format(**values)}",
        f"  = {values['a']}",
        f"da/dz = {slope} = {number(record.derivative, digits)}",
    ]


def _backward_lines(record: NeuronRecord, digits: int | None) -> list[str]:
    """Write the way back: dL/da, dL/dz, each dL/dw and each weight after a step."""
    back = record.backward
    assert back is not None
    da, slope, dz = (number(v, digits) for v in (record.dL_da, record.derivative, record.dL_dz))
    lines = [
        f"L = {back.loss}",
        f"dL/da = {_path_sum(back.paths, digits)}{da}",
        f"dL/dz = dL/da · da/dz = {da} · {_bracket(record.derivative, digits)} = {dz}",
    ]
    if len(record.terms) > MAX_INLINE_TERMS:  # the numbers are columns of the table
        step = "" if back.rate is None else f", and after a step w - {back.rate:g} · dL/dw"
        shared = any(term.shared_gradient is not None for term in record.terms)
        rule = "the sum of dL/dz · x over all places that share w" if shared else "dL/dz · x"
        return [*lines, f"dL/dw = {rule}{step}: see above"]
    one = len(record.terms) == 1
    # dL/dw_i = dL/dz · x_i, then w_i - η dL/dw_i: the same two lines for each weight that learns.
    for i, (term, gradient) in enumerate(zip(record.terms, record.dL_dw, strict=True)):
        if not term.learned:
            continue
        n, x, g = "" if one else i + 1, _bracket(term.x, digits), number(gradient, digits)
        lines.append(f"dL/dw{n} = dL/dz · x{n} = {dz} · {x} = {g}")
        lines += _step_line(f"w{n}", term.w, gradient, back.rate, record.updated_weights[i], digits)
    if not record.bias_learned:
        return lines
    lines.append(f"dL/db = dL/dz = {number(record.dL_db, digits)}")
    after = record.updated_bias
    return [*lines, *_step_line("b", record.bias, record.dL_db, back.rate, after, digits)]


def _path_sum(paths: tuple[tuple[float, float], ...], digits: int | None) -> str:
    """Write dL/da as the sum over the neurons that this one feeds, where these are few."""
    if not 0 < len(paths) <= MAX_INLINE_TERMS:
        return ""
    factors = [f"{number(dz, digits)}·{_bracket(w, digits)}" for dz, w in paths]
    return f"Σ dL/dz · w of the next layer = {_join_sum(factors)} = "


def _step_line(
    name: str, w: float, gradient: float, rate: float | None, after: float, digits: int | None
) -> list[str]:
    """Write one step of gradient descent, if there is one."""
    if rate is None:
        return []
    step = f"{number(w, digits)} - {number(rate, digits)} · {_bracket(gradient, digits)}"
    return [f"  {name} after the step: {step} = {number(after, digits)}"]


def _proof_lines(record: NeuronRecord, digits: int | None) -> list[str]:
    """Set the run's number beside the exact one, and say what the check has found."""
    ran, proof = record.observed, record.check()
    # The sum tells more than the activation, which may have squashed a difference away.
    name, run, exact = ("a", ran.a, record.a) if ran.z is None else ("z", ran.z, record.z)
    what = ["sum", "da/dz"] + (["dL/dz"] if proof.gradient_allowed is not None else [])
    verdict = "checked" if proof.passed else "CHECK FAILED"
    what = list(proof.failed) or what
    return [
        f"{ran.source} ran {name} = {number(run, digits)}, exact {number(exact, digits)},"
        f" difference {run - exact:.1e}",
        f"{verdict}: {', '.join(what)}; largest deviation {proof.largest:.1e}",
    ]


def to_latex(record: NeuronRecord, digits: int | None = DIGITS, most: int = MAX_ROWS) -> str:
    """Write the arithmetic as an `aligned` environment of LaTeX."""
    chosen = record.largest(most) if len(record.terms) > most + 1 else range(len(record.terms))
    factors = [
        rf"{number(record.terms[i].w, digits)} \cdot {_bracket(record.terms[i].x, digits)}"
        for i in chosen
    ]
    if rest := set(range(len(record.terms))) - set(chosen):
        total = number(math.fsum(record.terms[i].product for i in rest), digits)
        # The terms that are left out stand under a brace as one number.
        factors.append(rf"\underbrace{{{total}}}_{{\text{{{len(rest)} smaller terms}}}}")
    z, a = number(record.z, digits), number(record.a, digits)
    # & marks where the lines are aligned: at their equals signs.
    lines = [
        r"z &= \sum_i w_i x_i + b",
        rf"&= {' + '.join([*factors, number(record.bias, digits)])}",
        rf"&= {z}",
        rf"a &= {record.activation.latex.replace('ZZ', z)}" + (f" = {a}" if z != a else ""),
        rf"\frac{{da}}{{dz}} &= {number(record.derivative, digits)}",
    ]
    if record.backward:
        lines += [
            rf"\frac{{dL}}{{da}} &= {number(record.dL_da, digits)}",
            rf"\frac{{dL}}{{dz}} &= \frac{{dL}}{{da}} \cdot \frac{{da}}{{dz}}"
            rf" = {number(record.dL_dz, digits)}",
        ]
        learned = [i for i in chosen if record.terms[i].learned]
        lines += [_latex_gradient(record, i, digits) for i in learned]
    body = " \\\\\n".join(f"  {line}" for line in lines)
    return f"\\begin{{aligned}}\n{_scientific(body)}\n\\end{{aligned}}\n"


def _latex_gradient(record: NeuronRecord, i: int, digits: int | None) -> str:
    """Write dL/dw of one weight, and the weight after the step if there is one."""
    values = (record.dL_dw[i], record.updated_weights[i])[: len(column_names(record)) - 4]
    gradient, *stepped = (number(value, digits) for value in values)
    line = rf"\frac{{dL}}{{dw_{{{i + 1}}}}} &= {gradient}"
    return line + (rf", \quad w_{{{i + 1}}}' = {stepped[0]}" if stepped else "")


def _scientific(body: str) -> str:
    """Write 1e-05 as LaTeX does."""
    return re.sub(r"(\d)e([+-])0*(\d+)", r"\1 \\cdot 10^{\2\3}", body).replace("{+", "{")


def to_html(record: NeuronRecord, digits: int | None = DIGITS, most: int = MAX_ROWS) -> str:
    """Write the arithmetic as a piece of HTML: a table of the terms, then the lines under it."""
    head = "".join(f"<th>{web.escape(name)}</th>" for name in column_names(record))
    body = "".join(
        f"<tr>{''.join(f'<td>{web.escape(value)}</td>' for value in row)}</tr>"
        for row in term_rows(record, digits, most)
    )
    # Of the way back three lines, L, dL/da and dL/dz: dL/dw is a column of the table.
    lines = [f"z = Σ w·x + b = {number(record.z, digits)}", *_curve_lines(record, digits)]
    if record.backward:
        lines += _backward_lines(record, digits)[:3]
    lines += _proof_lines(record, digits)
    told = "<br>".join(web.escape(line) for line in lines)
    return (
        f'<div class="neuron"><h4>{web.escape(record.name)}</h4>'
        f"<table><tr>{head}</tr>{body}</table><p>{told}</p></div>\n"
    )


def to_csv(record: NeuronRecord, first: int = 1) -> str:
    """Write every term with all digits as CSV; a spreadsheet adds the products up once more.

    first: the row of the spreadsheet that the table begins in
    """
    file = io.StringIO()
    sheet = csv.writer(file, lineterminator="\n")  # which quotes commas and quotes in names
    sheet.writerow(column_names(record))
    for i, term in enumerate(record.terms):
        values = [term.x, term.w, term.product, *gradient_values(record, i)]
        told = ["" if value is None else repr(value) for value in values]  # every digit
        sheet.writerow([_harmless(term.name or f"x{i + 1}"), *told])
    is_told = record.backward is not None and record.bias_learned
    back = [record.dL_db, record.updated_bias] if is_told else []
    of_bias = [1.0, record.bias, record.bias, *back[: len(column_names(record)) - 4]]
    sheet.writerow(["bias", *map(repr, of_bias)])
    last = first + len(record.terms) + 1  # heads, terms, bias
    added = f"=SUM(D{first + 1}:D{last})"  # w·x of all terms and the bias: somebody else's addition
    sheet.writerow(["z, added up by the spreadsheet", "", "", added])
    sheet.writerow(["z, exact", "", "", repr(record.z)])
    if record.observed.z is not None:
        sheet.writerow([f"z, as {record.observed.source} ran", "", "", repr(record.observed.z)])
    sheet.writerow([f"a, {record.activation.name}", "", "", repr(record.a)])
    sheet.writerow([f"a, as {record.observed.source} ran", "", "", repr(record.observed.a)])
    return file.getvalue()


def _harmless(name: str) -> str:
    """Keep a name from being read as a formula."""
    # A cell that begins like this is executed by spreadsheets; names may come from a file.
    return f"'{name}" if name[:1] in "=+-@" else name


@dataclass(frozen=True)
class PrintableNeuron(NeuronRecord):
    """A neuron that `print` writes out, and a notebook shows as a table."""

    def __str__(self) -> str:
        return to_text(self)

    def _repr_html_(self) -> str:
        return to_html(self)
