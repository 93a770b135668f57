"""Texts that would be scripts if a page took them for more than text."""

XSS = (
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "'--></style><svg onload=alert(1)>",
    "{{7*7}}{% now 'Y' %} & <b>",
    "]]><a xlink:href='javascript:alert(1)'>",
)  # fmt: skip
