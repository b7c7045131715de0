//! The configuration that fits the sandbox: the demo stores and the fake Odoo's seed. The ids are
//! those of `tests/fixtures/odoo/belgian.json`.

mod point_of_sale;

pub use point_of_sale::{CHART, Chart, is_point_of_sale, with_journal};

use crate::platforms::{Platform, Shop};
use std::fmt::Write as _;

/// Name of the secret with the Odoo API key.
pub const ODOO_SECRET: &str = "causeway/odoo-main/api-key";

/// Name of the secret that signs a store's webhooks.
pub fn webhook_secret(store: &str) -> String {
    format!("causeway/{store}/webhook")
}

/// Name of the secret with a store's API credentials.
pub fn api_credentials(store: &str) -> String {
    format!("causeway/{store}/api")
}

/// The environment file, as an operator would write it.
pub fn environment(odoo_url: &str, database: &str, shops: &[Shop]) -> String {
    let mut text = format!(
        "[odoo.main]\nurl = {odoo_url:?}\ndatabase = {database:?}\nprotocol = \"json2\"\n\
         api_key = {ODOO_SECRET:?}\n"
    );
    for shop in shops {
        store(&mut text, shop);
    }
    for (id, processor) in ACCOUNTS {
        account(&mut text, id, processor);
    }
    text
}

/// Where the entries of the demo's payouts go, as ids of the fake Odoo.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub struct Books {
    /// `account.account` of the deposit.
    pub bank: i64,
    /// Of money at the processor.
    pub clearing: i64,
    /// Of its fees.
    pub fees: i64,
    /// Of what belongs to nothing.
    pub unmatched: i64,
}

/// They are those of every account.
pub const BOOKS: Books = Books { bank: 494, clearing: 497, fees: 363, unmatched: 218 };

/// `account.journal` of Square's payments, which the demo adds to its Odoo: a bank journal whose payments
/// stay on the clearing account until they are paid out.
pub const SQUARE_PAYMENTS: i64 = 24;

/// The same with what the demo's stores do after an order; without it they leave that to people.
/// `accounts` says where the API of each account lives.
pub fn demo_environment(
    odoo_url: &str,
    database: &str,
    shops: &[Shop],
    accounts: &[(&str, String)],
) -> String {
    let mut text = environment(odoo_url, database, shops);
    for (id, processor) in ACCOUNTS {
        let url = accounts.iter().find(|(own, _)| own == id).map(|(_, url)| url.as_str());
        if let Some(url) = url {
            text = text.replace(&address(processor), url);
        }
        // Where each order's payment is booked, a payout is set off against the payments.
        if matches!(*processor, "shopify" | "square") {
            let books = format!("[accounts.{id}.books]\n");
            text = text.replace(&books, &format!("{books}matching = \"payments\"\n"));
        }
    }
    for shop in shops {
        if is_point_of_sale(shop) {
            text = with_journal(&text, shop.store, "refunded_goods = \"returned\"");
        }
        let Policy { invoices, payments, journal } = policy(shop);
        let _ = write!(
            text,
            "\n[stores.{}.after_sales]\ninvoices = {invoices:?}\npayments = {payments:?}\n",
            shop.store
        );
        if let Some(journal) = journal {
            let _ = writeln!(text, "journal = {journal}");
        }
    }
    text
}

/// What a store of the demo does after an order, in the configuration's words.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub struct Policy {
    /// `none`, `at_order`, `at_delivery`.
    pub invoices: &'static str,
    /// `none`, `per_order`, `settlement`.
    pub payments: &'static str,
    /// `account.journal` of its payments; no other store of the demo has it.
    pub journal: Option<i64>,
}

/// Every policy is somebody's.
pub fn policy(shop: &Shop) -> Policy {
    if is_point_of_sale(shop) {
        return Policy { invoices: "none", payments: "none", journal: None };
    }
    match shop.platform {
        Platform::Shopify => {
            Policy { invoices: "at_order", payments: "per_order", journal: Some(21) }
        }
        Platform::WooCommerce => {
            Policy { invoices: "at_delivery", payments: "none", journal: None }
        }
        Platform::Magento => Policy { invoices: "at_order", payments: "settlement", journal: None },
        Platform::PrestaShop => Policy { invoices: "none", payments: "none", journal: None },
        Platform::Square => {
            Policy { invoices: "at_order", payments: "per_order", journal: Some(SQUARE_PAYMENTS) }
        }
    }
}

/// Accounts at payment processors, by id and processor.
pub const ACCOUNTS: &[(&str, &str)] = &[
    ("stripe-pay", "stripe"),
    ("adyen-pay", "adyen"),
    ("square-pay", "square"),
    ("shopify-pay", "shopify"),
    ("paypal-pay", "paypal"),
];

/// Where the API of a processor lives, as long as nobody says otherwise.
fn address(processor: &str) -> String {
    format!("https://{processor}.example.test")
}

fn account(text: &mut String, id: &str, processor: &str) {
    let (webhook, api) = (webhook_secret(id), api_credentials(id));
    let Books { bank, clearing, fees, unmatched } = BOOKS;
    let _ = write!(
        text,
        "
[accounts.{id}]
processor = {processor:?}
odoo = \"main\"
company = 1
base_url = {base_url:?}
webhook_secret = {webhook:?}
api_credentials = {api:?}
currency = \"EUR\"
[accounts.{id}.books]
journal = 23
bank = {bank}
clearing = {clearing}
fees = {fees}
unmatched = {unmatched}
bad_debt = 499
",
        base_url = address(processor),
    );
}

fn store(text: &mut String, shop: &Shop) {
    let id = shop.store;
    let _ = write!(
        text,
        "
[stores.{id}]
platform = {platform:?}
odoo = \"main\"
company = 1
base_url = {base_url:?}
webhook_url = {webhook_url:?}
webhook_secret = {webhook:?}
api_credentials = {api:?}
no_tax = 282
[stores.{id}.order]
warehouse = 1
team = 1
salesperson = 2
payment_term = 1
test_orders = \"project\"
[stores.{id}.customers]
anonymous = 10
several = \"oldest\"
[stores.{id}.products]
shipping = 101
discount = 102
tip = 103
fee = 104
gift_wrap = 105
gift_card = 106
",
        platform = shop.platform.id(),
        base_url = shop.base_url,
        webhook_url = shop.webhook_url,
        webhook = webhook_secret(id),
        api = api_credentials(id),
    );
    let _ = writeln!(text, "[stores.{id}.options]");
    for (name, value) in &shop.options {
        // JSON and TOML write texts, numbers and booleans alike.
        let _ = writeln!(text, "{name} = {value}");
    }
    for (currency, pricelist) in [("EUR", 14), ("USD", 15), ("JPY", 16), ("KWD", 17), ("GBP", 101)]
    {
        let _ = write!(text, "[stores.{id}.currencies.{currency}]\npricelist = {pricelist}\n");
    }
    for (rate, tax, included) in
        [(21, 191, Some(279)), (12, 194, None), (6, 196, None), (0, 198, None)]
    {
        let _ = write!(text, "[[stores.{id}.taxes]]\nrate = {rate}\ntax = {tax}\n");
        if let Some(included) = included {
            let _ = writeln!(text, "tax_included = {included}");
        }
    }
    // PrestaShop tells no rate for gift wrapping, and the goods of an order may not show it either.
    let _ =
        write!(text, "[[stores.{id}.taxes]]\ncode = \"wrapping\"\ntax = 191\ntax_included = 279\n");
    // Exports, which the stores do not tax.
    let _ = write!(text, "[[stores.{id}.taxes]]\ncode = \"none\"\ncountry = \"US\"\ntax = 203\n");
}
