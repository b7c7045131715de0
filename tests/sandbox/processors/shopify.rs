//! Shopify Payments: payouts and balance transactions of the Admin API. A query is checked against
//! Shopify's own schema and answered with exactly what it selects.

use super::exchange::{Exchange, json};
use super::{Kind, Line, Payout, What, major};
use apollo_compiler::executable::{Selection, SelectionSet};
use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Schema};
use bytes::Bytes;
use http::{Method, Response};
use jiff::Timestamp;
use serde_json::{Map, Value, json as object};
use std::sync::OnceLock;

const SDL: &str = include_str!("../../fixtures/shopify/admin-2026-07.payments.subset.graphql");

fn schema() -> &'static Valid<Schema> {
    static SCHEMA: OnceLock<Valid<Schema>> = OnceLock::new();
    SCHEMA.get_or_init(|| Schema::parse_and_validate(SDL, "payments.graphql").expect("valid"))
}

fn refused(cx: &mut Exchange<'_>, why: &str) -> Response<Bytes> {
    let body = object!({"errors": [{"message": why}]});
    cx.refuse(200, why, &body)
}

pub(super) fn answer(cx: &mut Exchange<'_>) -> Response<Bytes> {
    if cx.header("x-shopify-access-token") != Some(Kind::Shopify.credentials()) {
        let body = object!({"errors": "[API] Invalid API key or access token"});
        return cx.refuse(401, "no access token", &body);
    }
    let path = cx.path().join("/");
    if cx.request.method() != Method::POST || path != "admin/api/2026-07/graphql.json" {
        return cx.refuse(404, "not the GraphQL endpoint", &object!({"errors": "Not Found"}));
    }
    let Ok(body) = serde_json::from_slice::<Value>(cx.request.body()) else {
        return refused(cx, "the body is no JSON");
    };
    let query = body["query"].as_str().unwrap_or_default();
    let Ok(document) = ExecutableDocument::parse_and_validate(schema(), query, "query") else {
        return refused(cx, "the query does not fit the schema");
    };
    let Ok(operation) = document.operations.get(None) else {
        return refused(cx, "one operation is needed");
    };
    let variables = &body["variables"];
    for wanted in &operation.variables {
        if wanted.ty.is_non_null() && variables[wanted.name.as_str()].is_null() {
            return refused(cx, "a variable is missing");
        }
    }
    match root(cx, &operation.selection_set, variables) {
        Ok(data) => json(200, &object!({ "data": data })),
        Err(why) => refused(cx, &why),
    }
}

/// The fields of the root.
fn root(cx: &Exchange<'_>, set: &SelectionSet, variables: &Value) -> Result<Value, String> {
    let mut out = Map::new();
    for selection in &set.selections {
        let Selection::Field(field) = selection else { return Err("no fragments here".to_owned()) };
        let whole = match field.name.as_str() {
            "node" => {
                let id = argument(field, variables, "id").unwrap_or_default();
                cx.payouts.iter().find(|one| gid(one) == id).map_or(Value::Null, payout)
            }
            _ => account(cx, &field.selection_set, variables)?,
        };
        out.insert(field.response_key().to_string(), selected(&whole, &field.selection_set));
    }
    Ok(Value::Object(out))
}

type Field = apollo_compiler::Node<apollo_compiler::executable::Field>;

/// The text of an argument, given or by a variable.
fn argument(field: &Field, variables: &Value, name: &str) -> Option<String> {
    let argument = field.arguments.iter().find(|argument| argument.name == name)?;
    match argument.value.as_variable() {
        Some(variable) => variables[variable.as_str()].as_str().map(str::to_owned),
        None => argument.value.as_str().map(str::to_owned),
    }
}

/// The account, with the pages that are asked for.
fn account(cx: &Exchange<'_>, set: &SelectionSet, variables: &Value) -> Result<Value, String> {
    let mut out = Map::new();
    for selection in &set.selections {
        let Selection::Field(field) = selection else { continue };
        let filter = argument(field, variables, "query").unwrap_or_default();
        let all: Vec<Value> = match field.name.as_str() {
            "balanceTransactions" => {
                let number = filter.strip_prefix("payments_transfer_id:");
                let number = number.ok_or("only payments_transfer_id is built in this fake")?;
                let found = cx.payout(number);
                let lines = found.iter().flat_map(|payout| payout.lines.iter().enumerate());
                lines.map(|(at, line)| transaction(found.unwrap(), at, line)).collect()
            }
            "payouts" => {
                let since = filter.strip_prefix("issued_at:>='");
                let since = since.and_then(|rest| rest.strip_suffix('\''));
                let since: Timestamp = since
                    .and_then(|text| text.parse().ok())
                    .ok_or("only issued_at:>= is built in this fake")?;
                let own = cx.payouts.iter().filter(|one| one.paid_at >= since);
                own.map(payout).collect()
            }
            _ => continue,
        };
        let first = field.arguments.iter().find(|argument| argument.name == "first");
        let first = first.and_then(|first| first.value.to_i32());
        let first = first.and_then(|first| usize::try_from(first).ok()).filter(|n| *n <= 250);
        let first = first.ok_or("first must be between 0 and 250")?;
        let after = argument(field, variables, "after");
        let begin = match after {
            None => 0,
            Some(cursor) => cursor.parse().map_err(|_| "Invalid cursor".to_owned())?,
        };
        let end = all.len().min(begin + first);
        let more = end < all.len();
        let page = object!({"nodes": all.get(begin..end).unwrap_or_default(),
            "pageInfo": {"hasNextPage": more, "hasPreviousPage": begin > 0,
                "endCursor": end.to_string()}});
        out.insert(field.name.to_string(), page);
    }
    Ok(Value::Object(out))
}

/// Exactly what is selected.
fn selected(whole: &Value, set: &SelectionSet) -> Value {
    match whole {
        Value::Array(items) => items.iter().map(|item| selected(item, set)).collect(),
        Value::Object(fields) if !set.selections.is_empty() => {
            let mut out = Map::new();
            for selection in &set.selections {
                match selection {
                    Selection::Field(field) => {
                        let value = fields.get(field.name.as_str()).unwrap_or(&Value::Null);
                        let key = field.response_key().to_string();
                        out.insert(key, selected(value, &field.selection_set));
                    }
                    Selection::InlineFragment(inline) => {
                        if let Value::Object(own) = selected(whole, &inline.selection_set) {
                            out.extend(own);
                        }
                    }
                    Selection::FragmentSpread(_) => {}
                }
            }
            Value::Object(out)
        }
        leaf => leaf.clone(),
    }
}

fn gid(payout: &Payout) -> String {
    format!("gid://shopify/ShopifyPaymentsPayout/{}", payout.id)
}

fn money(minor: i64) -> Value {
    object!({"amount": major(minor), "currencyCode": "EUR"})
}

fn payout(payout: &Payout) -> Value {
    object!({"id": gid(payout), "legacyResourceId": payout.id, "status": "PAID",
        "issuedAt": payout.paid_at.to_string(), "transactionType": "DEPOSIT",
        "net": money(payout.deposit()), "gross": money(payout.deposit())})
}

fn transaction(payout: &Payout, at: usize, line: &Line) -> Value {
    let (kind, source) = match line.what {
        What::Charge | What::Gift => ("CHARGE", line.payment.as_ref()),
        What::Refund => ("REFUND", Some(&line.own)),
        What::Dispute => ("DISPUTE_WITHDRAWAL", line.payment.as_ref()),
        What::Adjustment => ("ADJUSTMENT", None),
    };
    // A number in Shopify's answers: BigInt.
    let source = source.and_then(|text| text.parse::<u64>().ok());
    let order = line.sold.as_ref().map(
        |sold| object!({"id": format!("gid://shopify/Order/{}", sold.order), "name": sold.number}),
    );
    object!({
        "id": format!("gid://shopify/ShopifyPaymentsBalanceTransaction/{}", payout.line_id(at)),
        "type": kind, "test": false, "sourceOrderTransactionId": source,
        "transactionDate": payout.paid_at.to_string(), "amount": money(line.gross),
        "fee": money(line.fee), "net": money(line.net()), "associatedOrder": order,
        "associatedPayout": {"id": gid(payout), "status": "PAID"},
    })
}
