//! What a platform tells its processor of an order, read from the platform's fake without our adapters.

use crate::sim::Scenario;
use bytes::Bytes;
use rust_decimal::Decimal;
use sandbox::platforms::{Fake, Platform};
use serde_json::{Value, json};

/// A transaction of an order, as the processor's payout names it.
#[derive(Clone, Debug)]
pub struct Moved {
    /// The processor's reference.
    pub reference: String,
    /// What people call the order.
    pub order: String,
    /// In minor units; below zero for money that goes back.
    pub minor: i64,
}

fn asked(scenario: &Scenario, request: http::Request<Bytes>) -> Value {
    serde_json::from_slice(scenario.http.deliver(request).unwrap().body()).unwrap()
}

fn minor(amount: &Value) -> i64 {
    let amount: Decimal = amount.as_str().unwrap().parse().unwrap();
    i64::try_from((amount * Decimal::ONE_HUNDRED).normalize().mantissa()).unwrap()
}

/// The successful transactions of Shopify Payments, oldest first: Shopify's payouts name their ids and the
/// order's name.
pub fn shopify(scenario: &Scenario, order: &str) -> Vec<Moved> {
    let shop: &Fake = scenario.shop(Platform::Shopify);
    let query = "query($id: ID!) { order(id: $id) { name transactions(first: 50) { ...One }
        refunds(first: 10) { transactions(first: 20) { nodes { ...One } } } } }
        fragment One on OrderTransaction {
            id kind status gateway amountSet { shopMoney { amount } } }";
    let body = json!({"query": query, "variables": {"id": format!("gid://shopify/Order/{order}")}});
    let url = format!("{}/admin/api/2026-07/graphql.json", shop.shop().base_url);
    let request = http::Request::post(url)
        .header("x-shopify-access-token", &shop.shop().credentials)
        .header("content-type", "application/json")
        .body(body.to_string().into())
        .unwrap();
    let answer = asked(scenario, request);
    let order = &answer["data"]["order"];
    let settled = |one: &&Value| {
        one["status"] == "SUCCESS" && one["gateway"] == "shopify_payments" && one["kind"] != "VOID"
    };
    let all = order["transactions"].as_array().unwrap_or_else(|| panic!("{answer}"));
    let refunds = order["refunds"].as_array().unwrap().iter();
    let back = refunds.flat_map(|one| one["transactions"]["nodes"].as_array().unwrap());
    all.iter()
        .chain(back)
        .filter(settled)
        .map(|one| {
            let amount = minor(&one["amountSet"]["shopMoney"]["amount"]);
            let id = one["id"].as_str().unwrap().rsplit('/').next().unwrap();
            Moved {
                reference: id.to_owned(),
                order: order["name"].as_str().unwrap().to_owned(),
                minor: if one["kind"] == "REFUND" { -amount } else { amount },
            }
        })
        .collect()
}
