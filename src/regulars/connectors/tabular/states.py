"""What shop systems call an order's state, and what we call it."""

from regulars.connectors.tabular.fields import plain_name

# Taobao, Youzan, JD, Shopify, WooCommerce, Odoo, Magento; our own names first.
_NAMES = {
    "pending": "pending|awaiting payment|pending payment|on hold|authorized|unpaid|draft|quotation|sent|new|partially paid|checkout-draft|等待买家付款|待付款|待支付|未付款|等待付款|等待买家付款（定金未付）",
    "paid": "paid|processing|unfulfilled|sale|sales order|confirmed|in process|partially fulfilled|partial|partially paid fulfilled|买家已付款|买家已付款等待卖家发货|等待卖家发货|待发货|已付款|已支付|待成团|部分发货|卖家部分发货|拣货中|待处理|处理中",
    "shipped": "shipped|fulfilled|in transit|dispatched|out for delivery|卖家已发货|卖家已发货等待买家确认|等待买家确认收货|已发货|待收货|运输中|配送中|派送中|已揽收|待自提",
    "delivered": "delivered|received|已签收|已收货|已送达|买家已签收|已妥投",
    "completed": "completed|complete|done|closed won|success|finished|交易成功|交易完成|已完成|订单完成|完成|成功|已评价|待评价",
    "cancelled": "cancelled|canceled|cancel|voided|failed|expired|trash|交易关闭|已关闭|订单关闭|已取消|取消|关闭|交易取消|付款以前卖家或买家主动关闭交易|已作废",
    "partly_refunded": "partly refunded|partially refunded|partial refund|部分退款|部分退款成功",
    "refunded": "refunded|full refund|退款成功|已退款|全额退款|付款以后用户退款成功交易自动关闭|退款完成",
}
STATES = {plain_name(name): state for state, names in _NAMES.items() for name in (state, *names.split("|"))}
KNOWN_STATES = tuple(_NAMES)
_RANK = {state: rank for rank, state in enumerate(("pending", "paid", "shipped", "delivered", "completed"))}


def further(state: str, delivery: str) -> str:
    """The state of a paid order once its delivery state is known: the one further along, where both are on the way."""
    if delivery in _RANK and state in _RANK and state != "pending":
        return max(state, delivery, key=_RANK.__getitem__)
    return state
