//! Orders a second of a real Odoo: ours in tens and one by one beside the usual way. Only asked for by
//! name, because it takes minutes: `CAUSEWAY_REAL_ODOO_SPEED=1`.

use super::server::{Protocol, Trial};
use sandbox::platforms::{Draft, Platform};
use serde_json::{Value, json};
use std::time::Instant;

const ORDERS: usize = 60;
const PLATFORM: Platform = Platform::WooCommerce;

/// Three lines of goods and nothing else, of one customer who lives at one place.
fn plain(template: &Draft, draft: &Draft) -> Draft {
    let first = draft.number as usize * 3;
    let line = |at: usize| {
        let product = u32::try_from((first + at) % 57 + 1).unwrap();
        let mut line = template.lines[0].clone();
        line.product = product;
        line.sku = sandbox::platforms::sku(product);
        line.title = format!("Article {product}");
        line.quantity = 2.into();
        line.taxes = vec![21];
        line.discount = 0;
        line
    };
    Draft {
        number: draft.number,
        placed_at: draft.placed_at,
        currency: "EUR",
        lines: (0..3).map(line).collect(),
        coupon: None,
        shipping: None,
        fee: None,
        tip: None,
        gift_card_share: None,
        ..template.clone()
    }
}

fn load_average() -> String {
    std::fs::read_to_string("/proc/loadavg").unwrap_or_default().trim().to_owned()
}

async fn measured(what: &str, work: impl Future<Output = ()>) {
    let (before, began) = (load_average(), Instant::now());
    work.await;
    let seconds = began.elapsed().as_millis();
    let rate = ORDERS as u128 * 100_000 / seconds;
    let (whole, rest) = (rate / 100, rate % 100);
    println!(
        "{what}: {whole}.{rest:02} orders/s ({ORDERS} in {seconds} ms; load {before} -> {})",
        load_average()
    );
}

#[tokio::test]
async fn orders_a_second() {
    if std::env::var_os("CAUSEWAY_REAL_ODOO_SPEED").is_none() {
        println!("skipped: orders a second: CAUSEWAY_REAL_ODOO_SPEED is not set");
        return;
    }
    let Some(trial) = Trial::new("orders a second", Protocol::Json2).await else { return };
    let shop = trial.scenario.shop(PLATFORM);
    let first = shop.add(71, |draft| {
        let mut draft = trial.fresh(draft);
        draft.tax_included = false;
        draft.buyer.company = None;
        draft.delivery = Some(draft.billing.clone());
        let template = draft.clone();
        plain(&template, &draft)
    });
    let template = shop.order(&first).unwrap().draft;
    let more = |n: usize| -> Vec<String> {
        (0..n).map(|_| shop.add(71, |draft| plain(&template, &draft))).collect()
    };
    // Customer, address and goods are known before anything is measured.
    let known: Vec<String> = [first].into_iter().chain(more(20)).collect();
    trial.project(&trial.nudges(PLATFORM, &known)).await;
    for run in 1..=3 {
        let nudges = trial.nudges(PLATFORM, &more(ORDERS));
        measured(&format!("ours in tens, run {run}"), trial.project(&nudges)).await;
        let nudges = trial.nudges(PLATFORM, &more(ORDERS));
        let one_by_one = async {
            for nudge in &nudges {
                trial.project(std::slice::from_ref(nudge)).await;
            }
        };
        measured(&format!("ours one by one, run {run}"), one_by_one).await;
        measured(&format!("usual way, run {run}"), usual(&trial, &template)).await;
    }
    trial.agrees().await;
}

/// What connectors do: eight calls an order.
async fn usual(trial: &Trial, template: &Draft) {
    let email = template.buyer.email.to_lowercase();
    for number in 0..ORDERS {
        let domain = json!([["email_normalized", "=", email]]);
        let found = trial.plain("res.partner", "search", json!({"domain": domain})).await;
        let partner = found[0].clone();
        let fields = json!(["name", "property_payment_term_id"]);
        trial.plain("res.partner", "read", json!({"ids": [partner], "fields": fields})).await;
        let mut lines = Vec::new();
        for at in 0..3 {
            let sku = sandbox::platforms::sku(u32::try_from((number * 3 + at) % 57 + 1).unwrap());
            let domain = json!([["default_code", "=", sku]]);
            let product = trial.plain("product.product", "search", json!({"domain": domain})).await;
            lines.push(json!([0, 0, {
                "product_id": product[0], "product_uom_qty": 2, "price_unit": 12.34,
                "tax_ids": [[6, 0, [trial.server.tax("21")]]],
            }]));
        }
        let order = json!({
            "partner_id": partner, "pricelist_id": trial.server.pricelist("EUR"),
            "warehouse_id": trial.server.warehouse(),
            "payment_term_id": trial.server.payment_term(), "user_id": trial.server.user(),
            "client_order_ref": format!("USUAL-{number}"), "order_line": lines,
        });
        let made = trial.plain("sale.order", "create", json!({"vals_list": [order]})).await;
        trial.plain("sale.order", "action_confirm", json!({"ids": made})).await;
        let fields = json!(["amount_total", "amount_tax", "state"]);
        let read = trial.plain("sale.order", "read", json!({"ids": made, "fields": fields})).await;
        assert_eq!(read[0]["state"], Value::from("sale"));
    }
}
