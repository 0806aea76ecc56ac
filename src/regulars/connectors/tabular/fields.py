"""What can be imported: the five datasets, their fields, and the names other systems give them."""

import unicodedata
from dataclasses import dataclass, replace

from regulars.connectors.tabular.problems import _

SKIP = ""
ATTRIBUTE = "attribute"


@dataclass(frozen=True, slots=True)
class Field:
    """One field. ``type`` is text, id, number, money, moment, date, flag, tags, path or state; ``level`` line = of an order's line.

    A bad cell costs the row, or where the field ``is_spare`` the cell alone.

    ``aliases`` are header names of shop systems, as ``plain_name`` writes them; ``max_chars`` is what a text may hold.
    """

    key: str
    label: str
    type: str = "text"
    aliases: tuple[str, ...] = ()
    max_chars: int = 200
    level: str = "record"
    is_spare: bool = False


@dataclass(frozen=True, slots=True)
class Dataset:
    """A kind of record. Of each tuple in ``required`` at least one field must be mapped."""

    key: str
    label: str
    fields: tuple[Field, ...]
    required: tuple[tuple[str, ...], ...]
    attributes: bool = True

    def field(self, key: str) -> Field | None:
        return next((field for field in self.fields if field.key == key), None)


def plain_name(header: str) -> str:
    """A header without case, width, punctuation and spaces: ``Customer ID`` and ``customer_id`` are one name."""
    text = unicodedata.normalize("NFKC", header).casefold()
    return "".join(c for c in text if c.isalnum())


def _f(
    key: str, label: str, type: str = "text", aliases: str = "", max_chars: int = 200, level: str = "record"
) -> Field:
    # A bare "Product" or "Customer" is a name more often than an id.
    words = (*aliases.split("|"), key) if type == "id" else (key, *aliases.split("|"))
    names = dict.fromkeys(plain_name(name) for name in words if name)
    return Field(key, label, type, tuple(names), max_chars, level)


_EMAIL = _f(
    "email",
    _("E-mail"),
    "text",
    "e-mail|email address|mail|customer email|billing email|contact email|billing.email|邮箱|电子邮箱|邮件|电子邮件|邮箱地址|partner_id/email",
    254,
)
_PHONE = _f(
    "phone",
    _("Phone number"),
    "text",
    "mobile|telephone|tel|phone number|cell|mobile phone|billing phone|shipping phone|default address phone|billing.phone|手机|手机号|手机号码|电话|联系手机|联系电话|买家手机号|收货人手机号|收货人手机号/提货人手机号|会员手机号|客户手机|收件人联系方式",
    40,
)
_CUSTOMER = _f(
    "customer",
    _("Customer id"),
    "id",
    "customer_id|customer.id|user id|member id|client id|household id|buyer id|buyer|buyer nick|account|customer code|会员id|会员编号|客户id|客户编号|顾客id|顾客编号|用户id|买家会员名|买家昵称|买家id|买家|会员名|partner_id/id",
    120,
)
_UPDATED = _f(
    "updated_at",
    _("Changed at"),
    "moment",
    "updated at|date modified|date_modified_gmt|last modified|modified at|write_date|更新时间|修改时间|最后修改时间",
)

CUSTOMERS = Dataset(
    "customers",
    _("Customers"),
    (
        _f(
            "source_id",
            _("Customer id"),
            "id",
            "customer id|id|user id|member id|client id|household id|customer code|会员id|会员编号|客户id|客户编号|顾客id|顾客编号|用户id|买家会员名|会员名|会员卡号|买家昵称|external id",
            120,
        ),
        _f(
            "name",
            _("Full name"),
            "text",
            "full name|customer name|display name|姓名|客户姓名|会员姓名|顾客姓名|名称|昵称|客户名称|真实姓名",
        ),
        _f("first_name", _("First name"), "text", "firstname|given name|名", 80),
        _f("last_name", _("Last name"), "text", "lastname|surname|family name|姓", 80),
        _EMAIL,
        _PHONE,
        _f(
            "account",
            _("Shop account"),
            "text",
            "username|user name|login|nick|wechat|openid|账号|账户|用户名|微信号|旺旺|买家支付宝账号",
            120,
        ),
        replace(
            _f("birthday", _("Birthday"), "date", "birth date|date of birth|dob|生日|出生日期|会员生日"), is_spare=True
        ),
        _f("gender", _("Gender"), "text", "sex|性别|会员性别", 16),
        _f("language", _("Language"), "text", "locale|lang|语言", 12),
        _f(
            "country",
            _("Country"),
            "text",
            "country code|default address country code|billing country|billing.country|国家|国家代码|国家/地区",
            60,
        ),
        _f(
            "region",
            _("Province"),
            "text",
            "province|state|province code|default address province code|state name|billing.state|省|省份|州|所在省",
            80,
        ),
        _f("city", _("City"), "text", "town|default address city|billing city|billing.city|城市|市|所在城市", 80),
        _f(
            "postcode",
            _("Postcode"),
            "text",
            "zip|zip code|postal code|default address zip|billing zip|billing.postcode|邮编|邮政编码",
            20,
        ),
        _f("tags", _("Tags"), "tags", "labels|tag|category_id|标签|会员标签|客户标签|会员等级"),
        _f(
            "email_consent",
            _("Accepts e-mail marketing"),
            "flag",
            "accepts email marketing|accepts marketing|email opt in|newsletter|subscribed|邮件营销|接受邮件",
        ),
        _f("sms_consent", _("Accepts SMS marketing"), "flag", "accepts sms marketing|sms opt in|短信营销|接受短信"),
        _f(
            "first_seen_at",
            _("Customer since"),
            "moment",
            "created at|date created|date_created_gmt|registered|registered at|sign up date|joined|create_date|注册时间|创建时间|入会时间|首次购买时间|成为客户时间",
        ),
        _UPDATED,
    ),
    (("source_id", "email", "phone", "account"),),
)

PRODUCTS = Dataset(
    "products",
    _("Products"),
    (
        _f(
            "source_id",
            _("Product id"),
            "id",
            "product id|id|handle|item id|num_iid|spu|商品id|商品编号|宝贝id|货号|商品编码|goods id|external id",
            120,
        ),
        _f(
            "title",
            _("Title"),
            "text",
            "name|product|product name|item name|商品名称|商品标题|宝贝标题|标题|名称|品名|商品|商品名|宝贝名称",
            300,
        ),
        _f("brand", _("Brand"), "text", "vendor|manufacturer|品牌|厂商", 120),
        _f(
            "category",
            _("Category"),
            "path",
            "product category|categories|product type|type|category path|department|standard product type|categ_id|类目|分类|商品分类|品类|类别",
            400,
        ),
        _f("seller", _("Seller"), "text", "shop|merchant|卖家|商家|店铺|店铺名称", 200),
        _f("state", _("State"), "text", "status|published|商品状态|状态|上架状态", 40),
        _f("unit", _("Unit"), "text", "unit of measure|uom|uom_id|单位|计量单位", 16),
        _f("url", _("Address of its page"), "text", "link|permalink|product url|商品链接|链接", 500),
        _f("image_url", _("Address of its picture"), "text", "image|image src|images|picture|图片|主图|商品图片", 500),
        _f("tags", _("Tags"), "tags", "labels|标签|商品标签"),
        _f("variant", _("Variant id"), "id", "variant id|sku id|规格id", 120),
        _f("sku", _("SKU"), "text", "variant sku|default_code|item code|barcode|商家编码|规格编码|sku编码|条码", 120),
        _f("variant_title", _("Variant"), "text", "variant title|option1 value|variant|规格|规格名称|颜色|尺码", 200),
        _f(
            "price",
            _("Price"),
            "money",
            "variant price|regular price|list_price|sale price|unit price|售价|价格|商品价格|销售价|一口价",
        ),
        _f(
            "compare_at_price",
            _("Price before reduction"),
            "money",
            "variant compare at price|compare at price|原价|划线价|市场价",
        ),
        _f("currency", _("Currency"), "text", "currency code|货币|币种", 3),
        _UPDATED,
    ),
    (("source_id", "sku"), ("title",)),
)


_LINE_FIELDS = tuple(
    _f(key, label, type, aliases, max_chars, "line")
    for key, label, type, aliases, max_chars in (
        (
            "line_id",
            _("Line id"),
            "id",
            "line id|lineitem id|line.id|子订单编号|子订单号|明细编号|order line id",
            120,
        ),
        (
            "product",
            _("Product id"),
            "id",
            "product_id|lineitem product id|line.product_id|line.product|item id|商品id|宝贝id|商品编号|order_line/product_id/id|goods id",
            120,
        ),
        ("variant", _("Variant id"), "id", "variant_id|line.variant_id|line.variation_id|sku id|规格id", 120),
        (
            "sku",
            _("SKU"),
            "text",
            "lineitem sku|line.sku|item code|商家编码|规格编码|sku编码|货号|外部系统编号",
            120,
        ),
        (
            "title",
            _("Product title"),
            "text",
            "lineitem name|line.title|line.name|product name|product|item name|宝贝标题|商品名称|商品标题|标题|全部商品名称|宝贝名称|商品|商品名|品名|order_line/name|order_line/product_id",
            300,
        ),
        (
            "quantity",
            _("Quantity"),
            "number",
            "lineitem quantity|line.quantity|qty|units|商品数量|宝贝总数量|购买数量|数量|件数|order_line/product_uom_qty",
            40,
        ),
        (
            "unit_price",
            _("Unit price"),
            "money",
            "lineitem price|line.price|price|商品单价|单价|销售价|宝贝价格|价格|order_line/price_unit",
            40,
        ),
        (
            "list_amount",
            _("Line amount before discounts"),
            "money",
            "line list amount|line.subtotal|line.list_amount|line amount|商品原价小计|商品总价|原价金额",
            40,
        ),
        (
            "net_amount",
            _("Line amount after discounts"),
            "money",
            "line net amount|line total|line.total|line.net_amount|sales value|商品实付|商品小计|小计|实付金额小计|order_line/price_subtotal",
            40,
        ),
        (
            "line_discount",
            _("Line discount"),
            "money",
            "lineitem discount|line.discount|line.discount_amount|line.total_discount|line discount amount|discount|retail disc|商品优惠|商品优惠金额|单品优惠",
            40,
        ),
        (
            "line_coupon",
            _("Coupon paid by the maker"),
            "money",
            "coupon disc|manufacturer coupon|funded coupon|厂家券|品牌券",
            40,
        ),
        ("line_code", _("Coupon code of the line"), "text", "line discount code|line coupon code|商品券码", 80),
        ("line_tax", _("Line tax"), "money", "line.tax_amount|line.total_tax|line tax amount|商品税额", 40),
    )
)


_ORDER_FIELDS = (
    _f(
        "source_id",
        _("Order id"),
        "id",
        "order id|order|order no|order number|name|id|basket id|transaction id|order_id|订单编号|订单号|主订单编号|订单id|交易编号|单号",
        120,
    ),
    _f("number", _("Order number"), "text", "order number|number|流水号", 120),
    _f(
        "placed_at",
        _("Placed at"),
        "moment",
        "created at|order date|date|placed at|ordered at|date_created_gmt|date created|date_order|transaction timestamp|timestamp|time|paid at|订单创建时间|下单时间|创建时间|订单付款时间|付款时间|买家付款时间|成交时间|日期",
    ),
    _CUSTOMER,
    _EMAIL,
    _PHONE,
    _f(
        "customer_name",
        _("Customer name"),
        "text",
        "billing name|shipping name|customer name|收货人姓名|收货人|收货人/提货人|客户姓名|买家姓名|收件人姓名|partner_id",
    ),
    _f("state", _("State"), "state", "financial status|status|order status|state|订单状态|交易状态|状态", 60),
    _f(
        "delivery_state",
        _("Delivery state"),
        "state",
        "fulfillment status|delivery status|shipping status|物流状态|发货状态|运输状态",
        60,
    ),
    _f("cancelled_at", _("Cancelled at"), "moment", "cancelled at|canceled at|取消时间|关闭时间"),
    _f("currency", _("Currency"), "text", "currency code|currency_id|货币|币种", 3),
    _f("channel", _("Channel"), "text", "source name|source|sales channel|渠道|来源|订单来源|是否手机订单", 40),
    _f("store", _("Store"), "text", "location|store id|store name|shop|warehouse_id|门店|店铺|店铺名称|网点", 60),
    _f("seller", _("Seller"), "text", "vendor|merchant|卖家|商家", 200),
    _f(
        "goods_amount",
        _("Goods total"),
        "money",
        "subtotal|subtotal price|amount_untaxed|goods amount|goods total|商品金额|商品总金额|买家应付货款|货款",
    ),
    _f(
        "shipping_amount",
        _("Shipping"),
        "money",
        "shipping|shipping total|shipping cost|delivery fee|freight|运费|邮费|买家应付邮费|配送费",
    ),
    _f("tax_amount", _("Tax"), "money", "taxes|tax|total tax|amount_tax|税额|税费"),
    _f(
        "discount_amount",
        _("Order discount"),
        "money",
        "discount amount|discounts|total discounts|discount total|订单优惠|优惠金额|优惠总额|订单优惠金额|店铺优惠",
    ),
    _f("discount_code", _("Coupon code"), "text", "discount code|coupon|coupon code|coupons|优惠码|优惠券|券码", 80),
    _f(
        "paid_amount",
        _("Amount paid"),
        "money",
        "total|total price|amount_total|order total|paid|amount paid|实付金额|订单实付金额|买家实际支付金额|实付款|支付金额|实付|实收|实收金额|总金额|订单金额",
    ),
    _f("refunded_amount", _("Refunded"), "money", "refunded amount|refund|refunds|退款金额|已退款"),
    _UPDATED,
)
ORDERS = Dataset(
    "orders",
    _("Orders"),
    (*_ORDER_FIELDS, *_LINE_FIELDS),
    (("source_id",), ("placed_at",), ("customer", "email", "phone", "customer_name")),
)
LINES = Dataset(
    "lines",
    _("Order lines"),
    (
        _f(
            "order",
            _("Order id"),
            "id",
            "order id|order_id|order no|order number|basket id|transaction id|订单编号|订单号|主订单编号|订单id",
            120,
        ),
        _f("currency", _("Currency"), "text", "currency code|货币|币种", 3),
        *_LINE_FIELDS,
    ),
    (("order",), ("unit_price", "list_amount", "net_amount"), ("product", "variant", "sku", "title")),
    attributes=False,
)
EVENTS = Dataset(
    "events",
    _("Events"),
    (
        _f("source_id", _("Event id"), "id", "event id|id|message id|messageId|事件id|编号", 120),
        _CUSTOMER,
        _EMAIL,
        _PHONE,
        _f("name", _("Event"), "text", "event|event name|event type|action|事件|事件名称|行为|行为类型", 60),
        _f(
            "at",
            _("Time"),
            "moment",
            "timestamp|time|date|occurred at|event time|created at|sent at|时间|发生时间|事件时间",
        ),
    ),
    (("customer", "email", "phone"), ("name",), ("at",)),
)

DATASETS = {dataset.key: dataset for dataset in (CUSTOMERS, PRODUCTS, ORDERS, LINES, EVENTS)}
# In this order files depend on each other: lines need their orders, orders read better with their products.
ORDER_OF_DATASETS = tuple(DATASETS)
