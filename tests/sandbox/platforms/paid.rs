//! What an order moved at payment processors: read from the documents that the platform serves, so that a
//! processor and its shop speak of the same payments by the same references.

use super::fake::Fake;
use super::generate::SampleOrder;
use super::shop::Platform;
use super::{after, magento};
use causeway_domain::{Currency, Money};
use rust_decimal::Decimal;
use serde_json::Value;

/// A payment that a processor took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paid {
    /// The gateway in the platform's word.
    pub gateway: String,
    /// What the platform knows the payment by at its processor.
    pub reference: String,
    /// The platform's id of the order.
    pub order: String,
    /// The number that people see.
    pub number: String,
    /// Above zero.
    pub amount: Money,
    /// What went back of it, oldest first.
    pub refunds: Vec<PaidBack>,
}

/// Money that went back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaidBack {
    /// The processor's reference of the refund, if the platform tells it, else one that only depends on it.
    pub reference: String,
    /// Above zero.
    pub amount: Money,
}

impl Fake {
    /// Everything that was paid through a processor, in the order of the ids of its orders.
    pub fn paid(&self) -> Vec<Paid> {
        let platform = self.shop().platform;
        let orders = self.order_ids().into_iter().filter_map(|id| self.order(&id));
        orders.flat_map(|order| paid(platform, &order)).collect()
    }
}

fn paid(platform: Platform, order: &SampleOrder) -> Vec<Paid> {
    match platform {
        Platform::Shopify => shopify(order),
        Platform::WooCommerce => woocommerce(order),
        Platform::Magento => adyen(order),
        Platform::Square => square(order),
        // Its buyers transfer to the shop's bank.
        Platform::PrestaShop => Vec::new(),
    }
}

fn money(order: &SampleOrder, major: Decimal) -> Money {
    let currency = Currency::from_code(order.draft.currency).expect("a currency");
    Money::exact(major, currency).expect("whole minor units")
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().map_or(&[], Vec::as_slice)
}

fn of(order: &SampleOrder, gateway: &str, reference: String, amount: Money) -> Paid {
    let (id, number) = (order.expected.id.clone(), order.expected.number.clone());
    Paid { gateway: gateway.to_owned(), reference, order: id, number, amount, refunds: Vec::new() }
}

/// Shopify Payments names the transactions of the order.
fn shopify(order: &SampleOrder) -> Vec<Paid> {
    let own = |one: &&Value| one["gateway"] == "shopify_payments" && one["status"] == "SUCCESS";
    let amount = |one: &Value| {
        let major = text(&one["amountSet"]["presentmentMoney"]["amount"]);
        money(order, major.parse().expect("an amount"))
    };
    let tail = |id: &Value| text(id).rsplit('/').next().unwrap_or_default().to_owned();
    let refunds = list(&order.native, "refunds").iter().flat_map(|one| list(one, "transactions"));
    let refunds: Vec<&Value> = refunds.filter(own).filter(|one| one["kind"] == "REFUND").collect();
    let sales = list(&order.native, "transactions").iter().filter(own);
    let sales = sales.filter(|one| one["kind"] == "SALE" || one["kind"] == "CAPTURE");
    let with_refunds = |sale: &Value| {
        let back = refunds.iter().filter(|one| one["parentTransaction"]["id"] == sale["id"]);
        let back =
            back.map(|one| PaidBack { reference: tail(&one["id"]), amount: amount(one) }).collect();
        let paid = of(order, "shopify_payments", tail(&sale["id"]), amount(sale));
        Paid { refunds: back, ..paid }
    };
    sales.map(with_refunds).collect()
}

fn woocommerce(order: &SampleOrder) -> Vec<Paid> {
    let reference = text(&order.native["transaction_id"]);
    if reference.is_empty() {
        return Vec::new();
    }
    let gateway = text(&order.native["payment_method"]);
    let refunds = after::expected(Platform::WooCommerce, &order.draft).refunds;
    let refunds = refunds.iter().map(|one| PaidBack {
        reference: format!("re_{reference}_{}", one.id),
        amount: money(order, one.gross),
    });
    let amount = money(order, order.expected.total);
    vec![Paid { refunds: refunds.collect(), ..of(order, &gateway, reference.clone(), amount) }]
}

/// The payment of Magento's invoice; gift cards are not the processor's.
fn adyen(order: &SampleOrder) -> Vec<Paid> {
    let number = |value: &Value| money(order, value.to_string().parse().expect("a number"));
    let memos = magento::credit_memos(&order.draft);
    let back = |memo: &Value| PaidBack {
        reference: text(&memo["transaction_id"]),
        amount: number(&memo["grand_total"]),
    };
    let refunds: Vec<PaidBack> = memos.iter().filter(|memo| memo["state"] == 2).map(back).collect();
    let invoices = magento::invoices(&order.draft);
    let paid = invoices.iter().map(|invoice| {
        let amount = number(&invoice["grand_total"]);
        let one = of(order, "adyen_cc", text(&invoice["transaction_id"]), amount);
        Paid { refunds: refunds.clone(), ..one }
    });
    paid.filter(|paid| !paid.amount.is_zero()).collect()
}

fn square(order: &SampleOrder) -> Vec<Paid> {
    let minor = |value: &Value| {
        let currency = Currency::from_code(order.draft.currency).expect("a currency");
        Money::from_minor(value["amount"].as_i64().expect("minor units"), currency)
    };
    let payments = list(&order.native, "payments").iter();
    let cards = payments.filter(|one| one["source_type"] == "CARD" && one["status"] == "COMPLETED");
    let with_refunds = |payment: &Value| {
        let refunds = list(&order.native, "refunds").iter();
        let own = refunds
            .filter(|one| one["payment_id"] == payment["id"] && one["status"] == "COMPLETED");
        let own = own.map(|one| PaidBack {
            reference: text(&one["id"]),
            amount: minor(&one["amount_money"]),
        });
        let paid = of(order, "CARD", text(&payment["id"]), minor(&payment["total_money"]));
        Paid { refunds: own.collect(), ..paid }
    };
    cards.map(with_refunds).filter(|paid| !paid.amount.is_zero()).collect()
}
