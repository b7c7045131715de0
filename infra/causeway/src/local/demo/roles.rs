//! What happens to an order, by what it is there to show.

use super::point_of_sale;
use super::script::{Act, Order, Role};
use serde_json::{Value, json};

/// True where a refund says that goods come back, or the platform has returns of its own.
pub fn tells_returns(platform: &str) -> bool {
    matches!(platform, "shopify" | "woocommerce" | "prestashop")
}

/// While the stores sell.
pub fn first(n: usize, order: &Order) -> Vec<Act> {
    let deliver = |topic, how| Act::deliver(order, topic, how);
    let order = order.clone();
    match order.role {
        Role::Plain => vec![
            deliver("created", "sent"),
            deliver("created", "retried"),
            deliver("updated", "sent"),
            deliver("created", "retried"),
        ],
        Role::Reordered => vec![
            deliver("updated", "sent"),
            deliver("created", "sent"),
            deliver("updated", "retried"),
        ],
        Role::Edited => vec![
            deliver("created", "sent"),
            Act::Edit { order, quantity: 2 + u32::try_from(n % 3).unwrap_or_default() },
            deliver("updated", "sent"),
        ],
        Role::UnknownSku | Role::Poisoned => vec![deliver("created", "sent")],
        Role::Forged => vec![deliver("created", "forged"), deliver("updated", "tampered")],
        Role::CancelledFirst => vec![
            Act::Cancel { order },
            deliver("cancelled", "sent"),
            deliver("created", "sent"),
            deliver("cancelled", "retried"),
        ],
        Role::RefundedEarly => {
            let what = one_not_sent(&order);
            vec![
                Act::Refund { order, what },
                deliver("refunded", "sent"),
                deliver("refunded", "retried"),
                deliver("created", "sent"),
                deliver("refunded", "retried"),
            ]
        }
        Role::CancelledLater
        | Role::RefundedFull
        | Role::RefundedPart
        | Role::RefundedAmount
        | Role::RefundedMixed
        | Role::Returned => vec![deliver("created", "sent"), deliver("updated", "sent")],
        Role::Counter(sale) => point_of_sale::first(&order, sale),
    }
}

/// Once it is in Odoo.
pub fn later(order: &Order) -> Vec<Act> {
    let deliver = |topic, how| Act::deliver(order, topic, how);
    let refunded = |what: Value| {
        vec![
            Act::Refund { order: order.clone(), what },
            deliver("refunded", "sent"),
            deliver("refunded", "retried"),
            deliver("refunded", "retried"),
        ]
    };
    match order.role {
        Role::Plain
        | Role::Reordered
        | Role::Edited
        | Role::UnknownSku
        | Role::Poisoned
        | Role::Forged
        | Role::CancelledFirst
        | Role::RefundedEarly => Vec::new(),
        Role::Counter(sale) => point_of_sale::later(order, sale),
        Role::CancelledLater => vec![
            Act::Cancel { order: order.clone() },
            deliver("cancelled", "sent"),
            deliver("refunded", "sent"),
            deliver("cancelled", "retried"),
        ],
        Role::RefundedFull => refunded(json!({"rest": not_sent(order)})),
        Role::RefundedPart => refunded(one_not_sent(order)),
        Role::RefundedAmount => refunded(json!({"amount": "1"})),
        Role::RefundedMixed => {
            refunded(json!({"lines": [[0, "1", not_sent(order)]], "shipping": true, "amount": "1"}))
        }
        Role::Returned => {
            let mut acts = vec![Act::Ship { order: order.clone() }];
            if order.platform == "shopify" {
                acts.push(Act::SendBack { order: order.clone() });
                acts.push(deliver("returned", "sent"));
            } else {
                let what = json!({"lines": [[0, "1", "returned"]]});
                acts.push(Act::Refund { order: order.clone(), what });
            }
            acts.push(deliver("refunded", "sent"));
            acts.push(deliver("refunded", "retried"));
            acts
        }
    }
}

fn one_not_sent(order: &Order) -> Value {
    json!({"lines": [[0, "1", not_sent(order)]]})
}

/// WooCommerce and PrestaShop only tell whether goods went back into stock.
fn not_sent(order: &Order) -> &'static str {
    match order.platform.as_str() {
        "woocommerce" | "prestashop" => "kept",
        _ => "not_sent",
    }
}
