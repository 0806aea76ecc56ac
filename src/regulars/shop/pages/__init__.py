"""The shop's own pages: set-up, team, keys, audit trail, settings, one's own account, the language."""

from django.urls import path

from regulars.shop.pages import account, keys, settings, setup, team, trail

urlpatterns = [
    path("language/", account.set_language, name="set_language"),
    path("setup/", setup.begin, name="setup"),
    path("setup/shop/", setup.shop, name="setup_shop"),
    path("setup/data/", setup.data, name="setup_data"),
    path("setup/owner/<str:token>/", setup.owner, name="setup_owner"),
    path("enter/<str:token>/", account.sign_in_by_link, name="sign_in_by_link"),
    path("join/<str:token>/", account.invitation, name="invitation"),
    path("account/", account.profile, name="account"),
    path("settings/", settings.settings, name="settings"),
    path("team/", team.team, name="team"),
    path("team/invite/", team.invite, name="team_invite"),
    path("team/<uuid:user_id>/", team.person, name="person"),
    path("team/<uuid:user_id>/role/", team.role, name="person_role"),
    path("team/<uuid:user_id>/link/", team.link, name="person_link"),
    path("team/<uuid:user_id>/state/", team.state, name="person_state"),
    path("keys/", keys.keys, name="keys"),
    path("keys/new/", keys.create, name="key_create"),
    path("keys/<uuid:key_id>/revoke/", keys.revoke, name="key_revoke"),
    path("audit/", trail.trail, name="audit"),
]
