"""The pages of flows: what staff set going that writes in two domains; and accounts, which stand in none."""

from regulars.flows.pages import accounts, merging, programme, referrals, rewards

urlpatterns = [
    *merging.urlpatterns,
    *accounts.urlpatterns,
    *programme.urlpatterns,
    *rewards.urlpatterns,
    *referrals.urlpatterns,
]
