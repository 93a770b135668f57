"""The addresses. A view declares its rule beside itself; those of other packages have theirs in FOREIGN_RULES."""

from __future__ import annotations

from collections.abc import Mapping

from allauth.account import urls as account_urls
from allauth.mfa import urls as mfa_urls
from allauth.socialaccount import urls as social_urls
from allauth.socialaccount.providers.openid_connect import urls as oidc_urls
from django.urls import include, path
from django.views.i18n import set_language

from lichen.web import api
from lichen.web.policy import Rule, Who
from lichen.web.views import (
    balance,
    board,
    costs,
    designs,
    firms,
    flows,
    follow,
    forms,
    jobs,
    knowledge,
    members,
    opportunities,
    parks,
    records,
    released,
    reports,
    runs,
    scenarios,
    settlement,
    study_settings,
    uploads,
)

PARK = "p/<slug:park>/"
FIRM = f"{PARK}firms/<int:firm>/"
EXCHANGE = f"{PARK}board/<int:exchange>/"
RUN = f"{PARK}runs/<uuid:run>/"

urlpatterns = [
    path("", parks.home, name="home"),
    path("healthz", parks.health, name="health"),
    path("parks/new", parks.new, name="park_new"),
    path("language", set_language, name="set_language"),
    path("account/", parks.account, name="account"),
    path("account/", include(account_urls)),
    path("account/2fa/", include(mfa_urls)),
    path("account/3rd/", include(social_urls)),
    path("account/", include(oidc_urls)),
    path(PARK, parks.overview, name="park"),
    path(f"{PARK}firms/", firms.listing, name="firms"),
    path(f"{PARK}firms/new", forms.new_firm, name="firm_new"),
    path(FIRM, firms.page, name="firm"),
    path(f"{FIRM}edit", forms.edit_firm, name="firm_edit"),
    path(f"{FIRM}remove", forms.remove_firm, name="firm_remove"),
    path(f"{FIRM}processes/new", forms.new_process, name="process_new"),
    path(f"{FIRM}processes/<int:process>/", forms.edit_process, name="process"),
    path(f"{FIRM}processes/<int:process>/remove", forms.remove_process, name="process_remove"),
    path(f"{FIRM}flows/new", forms.new_flow, name="flow_new"),
    path(f"{FIRM}flows/<int:flow>/", forms.edit_flow, name="flow"),
    path(f"{FIRM}flows/<int:flow>/remove", forms.remove_flow, name="flow_remove"),
    path(f"{PARK}flows/", flows.table, name="flows"),
    path(f"{PARK}surveys/", uploads.send, name="surveys"),
    path(f"{PARK}surveys/template.xlsx", uploads.template, name="survey_template"),
    path(f"{PARK}surveys/<uuid:upload>/", uploads.preview, name="survey"),
    path(f"{PARK}surveys/<uuid:upload>/marked.xlsx", uploads.marked, name="survey_marked"),
    path(f"{PARK}inventory.xlsx", uploads.export, name="inventory"),
    path(f"{PARK}study.zip", records.study, name="study"),
    path(f"{PARK}history/", records.history, name="history"),
    path(f"{PARK}audit/", records.audit, name="audit"),
    path(f"{PARK}members/", members.listing, name="members"),
    path(f"{PARK}members/<int:membership>/remove", members.remove, name="member_remove"),
    path(f"{PARK}members/<int:membership>/link", members.link, name="member_link"),
    # board, follow-up, release, reports
    path(f"{PARK}board/", board.page, name="board"),
    path(f"{PARK}board/add", board.add, name="board_add"),
    path(EXCHANGE, board.exchange, name="exchange"),
    path(f"{EXCHANGE}edit", board.edit, name="exchange_edit"),
    path(f"{EXCHANGE}documents", board.document_add, name="document_add"),
    path(f"{EXCHANGE}documents/<int:document>/", board.document, name="document"),
    path(f"{EXCHANGE}documents/<int:document>/remove", board.document_remove, name="document_remove"),
    path(f"{PARK}follow/", follow.page, name="follow"),
    path(f"{PARK}follow/register", follow.register, name="register"),
    path(f"{PARK}follow/register.xlsx", follow.workbook, name="register_workbook"),
    path(f"{PARK}follow/new", follow.new, name="followed_new"),
    path(f"{PARK}follow/<int:followed>/", follow.edit, name="followed"),
    path(f"{PARK}follow/<int:followed>/remove", follow.remove, name="followed_remove"),
    path(f"{PARK}released/", released.listing, name="releases"),
    path(f"{PARK}released/make", released.make, name="release_make"),
    path(f"{PARK}released/<int:release>/", released.page, name="release"),
    path(f"{PARK}released/<int:release>/withdraw", released.withdraw, name="release_withdraw"),
    path(f"{PARK}reports/", reports.listing, name="reports"),
    path(f"{PARK}reports/committee", reports.committee, name="report_committee"),
    path(f"{PARK}reports/sustainability", reports.sustainability, name="report_sustainability"),
    path(f"{PARK}reports/sustainability.pdf", reports.sustainability_pdf, name="report_sustainability_pdf"),
    path(f"{PARK}reports/follow-up", reports.follow_up, name="report_follow"),
    path(f"{PARK}reports/balance", reports.balance, name="report_balance"),
    path(f"{PARK}reports/discover", reports.discover, name="report_discover"),
    path(f"{PARK}reports/follow-up.xlsx", reports.workbook, name="report_workbook"),
    path(f"{FIRM}report", reports.firm, name="report_firm"),
    path("public/<slug:open>/", released.public, name="public"),
    path("public/<slug:open>/tables.csv", released.public_csv, name="public_csv"),
    # jobs, balance, opportunities, knowledge
    path(f"{PARK}balance/", balance.page, name="balance"),
    path(f"{PARK}opportunities/", opportunities.listing, name="opportunities"),
    path(f"{PARK}opportunities/<uuid:opportunity>/", opportunities.page, name="opportunity"),
    path(f"{PARK}knowledge/", knowledge.search, name="knowledge"),
    path(f"{PARK}knowledge/entry", knowledge.entry, name="knowledge_entry"),
    path(f"{PARK}jobs/", jobs.listing, name="jobs"),
    path(f"{PARK}jobs/<uuid:job>/", jobs.page, name="job"),
    path(f"{PARK}jobs/<uuid:job>/stop", jobs.stop, name="job_stop"),
    path(f"{PARK}jobs/<uuid:job>/again", jobs.again, name="job_again"),
    path(f"{PARK}jobs/<uuid:job>/file", jobs.file, name="job_file"),
    # design, appraisal, scenarios
    path(f"{PARK}costs/", costs.table, name="costs"),
    path(f"{PARK}costs/new", costs.new, name="cost_new"),
    path(f"{PARK}costs/costs.xlsx", costs.workbook, name="costs_file"),
    path(f"{PARK}costs/<int:cost>/", costs.edit, name="cost"),
    path(f"{PARK}costs/<int:cost>/remove", costs.remove, name="cost_remove"),
    path(f"{PARK}designs/", designs.listing, name="designs"),
    path(f"{PARK}designs/new", designs.new, name="design_new"),
    path(f"{PARK}compare", designs.compare, name="compare"),
    path(f"{PARK}scenarios/", scenarios.listing, name="scenarios"),
    path(f"{PARK}scenarios/new", scenarios.new, name="scenario_new"),
    path(f"{PARK}settlement/", settlement.page, name="settlement"),
    path(RUN, runs.page, name="run"),
    path(f"{RUN}file", runs.file, name="run_file"),
    path(f"{RUN}stop", runs.stop, name="run_stop"),
    path(f"{RUN}again", runs.again, name="run_again"),
    path(f"{RUN}remove", runs.remove, name="run_remove"),
    path(f"{RUN}release", runs.release, name="run_release"),
    path(f"{RUN}appraise", runs.appraise, name="run_appraise"),
    # settings of the study
    path(f"{PARK}settings/", study_settings.listing, name="settings"),
    path(f"{PARK}settings/edit", study_settings.edit, name="setting"),
    # whole studies
    path(f"{PARK}study/", records.bring, name="study_bring"),
    path("api/v1/", api.urls()),
]

handler400 = "lichen.web.views.errors.bad_request"
handler403 = "lichen.web.views.errors.forbidden"
handler404 = "lichen.web.views.errors.not_found"
handler500 = "lichen.web.views.errors.failed"


def _rules(who: Who) -> Mapping[str, Rule]:
    return {"GET": Rule(who), "POST": Rule(who)}


ANYONE, ACCOUNT, CLOSED = _rules("anyone"), _rules("account"), _rules("closed")
FOREIGN_RULES: Mapping[str, Mapping[str, Rule]] = {
    "set_language": {"POST": Rule("anyone")},
    "account_login": ANYONE,
    "account_logout": ANYONE,
    "account_inactive": ANYONE,
    "account_reset_password_from_key": ANYONE,
    "account_reset_password_from_key_done": ANYONE,
    "account_reset_password": {"GET": Rule("anyone")},  # a page that says whom to ask
    "account_change_password": ACCOUNT,
    "account_set_password": ACCOUNT,
    "account_reauthenticate": ACCOUNT,
    "mfa_authenticate": ANYONE,
    "mfa_index": ACCOUNT,
    "mfa_reauthenticate": ACCOUNT,
    "mfa_activate_totp": ACCOUNT,
    "mfa_deactivate_totp": ACCOUNT,
    "mfa_view_recovery_codes": ACCOUNT,
    "mfa_generate_recovery_codes": ACCOUNT,
    "mfa_download_recovery_codes": ACCOUNT,
    "openid_connect_login": ANYONE,
    "openid_connect_callback": ANYONE,
    "socialaccount_login_cancelled": ANYONE,
    "socialaccount_login_error": ANYONE,
    # nobody signs up, and there may be no mail: links come from who invites
    "account_signup": CLOSED,
    "account_email": CLOSED,
    "account_email_verification_sent": CLOSED,
    "account_confirm_email": CLOSED,
    "account_confirm_login_code": CLOSED,
    "account_reset_password_done": CLOSED,
    "socialaccount_signup": CLOSED,
    "socialaccount_connections": CLOSED,
}
"""Rules of the routes of Django and allauth, by name."""
