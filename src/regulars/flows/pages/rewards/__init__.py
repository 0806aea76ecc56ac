"""The console's pages of rewards: the desk, redeeming for a customer, pools of codes, gift cards."""

from django.urls import path

from regulars.flows.pages.rewards import cards, codes, desk, gift_cards

urlpatterns = [
    path("rewards/", desk.rewards, name="rewards"),
    path("rewards/codes/", codes.pools, name="code_pools"),
    path("rewards/gift-cards/", gift_cards.batches, name="gift_card_batches"),
    path("rewards/gift-cards/<uuid:identifier>/", gift_cards.batch, name="gift_card_batch"),
    path("rewards/gift-cards/<uuid:identifier>/export/", gift_cards.export, name="gift_card_export"),
    path("rewards/gift-cards/<uuid:identifier>/activate/", gift_cards.activate, name="gift_card_activate"),
    path("rewards/gift-cards/single/", cards.gift_cards, name="gift_cards"),
    path("rewards/gift-cards/single/<uuid:identifier>/", cards.gift_card, name="gift_card"),
    path("rewards/gift-cards/single/<uuid:identifier>/block/", cards.block, name="gift_card_block"),
    path("rewards/<uuid:identifier>/", desk.claim, name="claim"),
    path("rewards/<uuid:identifier>/settle/", desk.settle, name="claim_settle"),
    path("customers/<uuid:customer>/redeem/", desk.redeem, name="redeem"),
]
