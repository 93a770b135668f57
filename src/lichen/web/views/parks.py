"""The first page, the overview of a park, and new parks."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import mark_safe

from lichen.figures import KINDS
from lichen.web.attention import attention, linked
from lichen.web.middleware import Request, current
from lichen.web.models import JobFile, Park
from lichen.web.overview import figures_of
from lichen.web.overview import overview as overview_of
from lichen.web.people import NotMade, made_park, roles_of
from lichen.web.pictures import MAP_FILE, map_drawn, map_with_links, pictures
from lichen.web.policy import Action, parks_of, rule
from lichen.web.sent import whole_number
from lichen.web.texts import words
from lichen.web.views.jobs import RENEW_S


@rule("account")
def home(request: Request) -> HttpResponse:
    """Show the parks of an account; who has one park is taken there."""
    parks = list(parks_of(request.user))
    if len(parks) == 1 and not request.user.is_superuser:
        return redirect("park", park=parks[0].slug)
    return render(request, "web/home.html", {"parks": parks})


@rule("account")
def account(request: Request) -> HttpResponse:
    """Show an account: its roles, its password, its second factor."""
    return render(request, "web/account.html", {"roles": roles_of(request.user)})


@rule("anyone")
def health(request: HttpRequest) -> HttpResponse:
    """Say that the server answers and reaches its database."""
    Park.objects.exists()
    return HttpResponse("ok", content_type="text/plain")


@rule(get=Action.SEE_PARK)
def overview(request: Request, **named: Any) -> HttpResponse:
    """Show a park: figures and pictures of what the account may read."""
    scope, lang = request.scope, current()
    year = whole_number(request.GET.get("year", ""))
    found, now = figures_of(scope, year)
    shown: dict[str, Any] = {"o": found, "own": not scope.everywhere(Action.READ_ROWS), "standing": now,
                             "renew": RENEW_S if now and now.open else 0}  # fmt: skip
    if found is not None:
        if now is not None and now.done is not None:
            files = JobFile.objects.filter(job=now.done, name__startswith=f"{lang}-")
            told = {f.name[3:]: bytes(f.content).decode() for f in files}
            drawn = {name[:-4]: mark_safe(svg) for name, svg in told.items() if name.endswith(".svg")}  # noqa: S308  # ours
            points, values = linked(scope, found[lang]), json.loads(told.get(MAP_FILE, "{}"))
        else:
            made = overview_of(scope, found["year"])
            assert made is not None
            drawn, points = pictures(scope, found["year"], lang), attention(scope, made, lang)
            values = map_drawn(scope, found["year"], lang)
        shown |= {
            "pictures": drawn, "attention": points, "map": map_with_links(scope, values, lang),
            "shares": [(kind, share, f"{share * 100:.2f}") for kind in KINDS
                       if (share := found["shares"].get(kind)) is not None],
            "amounts": {name: _sized(found[name]) for name in ("mass_in", "mass_out", "direct_co2")},
        }  # fmt: skip
    return render(request, "web/overview.html", shown)


def _sized(tonnes: float | None) -> tuple[float, str] | None:
    """Return an amount in t/a with the unit that it is read in: a city's in Mt, a firm's in kt or t."""
    if tonnes is None:
        return None
    factor, unit = next((f, u) for f, u in ((1e6, "Mt"), (1e3, "kt"), (1.0, "t")) if abs(tonnes) >= f or f == 1.0)
    return tonnes / factor, unit


@rule("operator")
def new(request: Request) -> HttpResponse:
    """Make a park and invite its administrator."""
    given = {key: request.POST.get(key, "").strip() for key in ("name", "name_zh", "slug", "email")}
    error = ""
    if request.method == "POST":
        try:
            _, person, link = made_park(request.user, given["slug"], given["name"], given["name_zh"], given["email"])
        except NotMade as refused:
            error = str(refused)
        except ValidationError:
            error = words("not_an_address", current())
        else:
            if link:
                return render(request, "web/link.html", {"person": person, "link": request.build_absolute_uri(link)})
            messages.success(request, words("park_made", current()))
            return redirect("home")
    return render(request, "web/park_new.html", {"given": given, "error": error}, status=422 if error else 200)
