//! Settlements written as each processor writes them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use causeway_domain::{EntryKind, Money, Settlement, SettlementEntry};
use serde_json::{Value, json};

/// Money in major units, as a report writes it.
pub fn major(money: Money) -> String {
    money.to_decimal().to_string()
}

pub fn stripe_category(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::Charge => "charge",
        EntryKind::Refund => "refund",
        EntryKind::Fee => "fee",
        EntryKind::Dispute => "dispute",
        EntryKind::DisputeReversal => "dispute_reversal",
        EntryKind::Adjustment | EntryKind::Other => "other_adjustment",
    }
}

/// Stripe's fees stand in `gross`.
pub fn stripe_amounts(entry: &SettlementEntry) -> (Money, Money) {
    if entry.kind == EntryKind::Fee {
        (entry.net, Money::zero(entry.net.currency()))
    } else {
        (entry.gross, entry.fee)
    }
}

pub fn stripe_csv(settlement: &Settlement) -> String {
    let code = settlement.currency.code().to_lowercase();
    let mut file = "automatic_payout_id,automatic_payout_effective_at_utc,balance_transaction_id,\
                    currency,gross,fee,net,reporting_category,charge_id,payment_metadata[order_id]\n"
        .to_owned();
    for entry in &settlement.entries {
        let (gross, fee) = stripe_amounts(entry);
        file += &format!(
            "{},2026-10-05 00:00:00,{},{code},{},{},{},{},{},{}\n",
            settlement.id,
            entry.id,
            major(gross),
            major(fee),
            major(entry.net),
            stripe_category(entry.kind),
            entry.reference.as_deref().unwrap_or_default(),
            entry.order_reference.as_deref().unwrap_or_default(),
        );
    }
    let deposit = major(settlement.deposit.negated());
    let zero = major(Money::zero(settlement.currency));
    file + &format!(
        "{},2026-10-05 00:00:00,txn_payout,{code},{deposit},{zero},{deposit},payout,,\n",
        settlement.id
    )
}

pub fn stripe_answers(settlement: &Settlement) -> Vec<Value> {
    let code = settlement.currency.code().to_lowercase();
    let transactions: Vec<Value> = settlement
        .entries
        .iter()
        .map(|entry| {
            let (gross, fee) = stripe_amounts(entry);
            let source = entry.reference.as_ref().map(|charge| {
                json!({"id": "re_1", "charge": charge, "amount": gross.minor().abs(), "currency": code,
                    "metadata": {"order_id": entry.order_reference}})
            });
            json!({"id": entry.id, "amount": gross.minor(), "fee": fee.minor(),
                "net": entry.net.minor(), "currency": code, "type": "any", "source": source,
                "reporting_category": stripe_category(entry.kind)})
        })
        .collect();
    let payout = json!({"id": settlement.id, "amount": settlement.deposit.minor(), "currency": code,
        "arrival_date": 1_791_158_400, "automatic": true, "status": "paid",
        "reconciliation_status": "completed"});
    vec![payout, json!({"data": transactions, "has_more": false})]
}

pub fn square_answers(settlement: &Settlement) -> Vec<Value> {
    let money =
        |money: Money| json!({"amount": money.minor(), "currency": money.currency().code()});
    let entries: Vec<Value> = settlement
        .entries
        .iter()
        .map(|entry| {
            let (gross, fee) = stripe_amounts(entry);
            let (activity, details) = match entry.kind {
                EntryKind::Charge => ("CHARGE", "type_charge_details"),
                EntryKind::Refund => ("REFUND", "type_refund_details"),
                EntryKind::Fee => ("TAX_ON_FEE", "type_tax_on_fee_details"),
                EntryKind::Dispute | EntryKind::DisputeReversal => {
                    ("DISPUTE", "type_dispute_details")
                }
                EntryKind::Adjustment | EntryKind::Other => {
                    ("ADJUSTMENT", "type_adjustment_details")
                }
            };
            json!({"id": entry.id, "payout_id": settlement.id, "type": activity,
                "gross_amount_money": money(gross), "fee_amount_money": money(fee),
                "net_amount_money": money(entry.net), details: {"payment_id": entry.reference}})
        })
        .collect();
    let payout = json!({"payout": {"id": settlement.id, "status": "PAID", "type": "BATCH",
        "location_id": "L1", "arrival_date": "2026-10-05", "amount_money": money(settlement.deposit)}});
    vec![payout, json!({"payout_entries": entries})]
}

pub fn shopify_answers(settlement: &Settlement) -> Vec<Value> {
    let gid = format!("gid://shopify/ShopifyPaymentsPayout/{}", settlement.id);
    let money =
        |money: Money| json!({"amount": major(money), "currencyCode": money.currency().code()});
    let nodes: Vec<Value> = settlement
        .entries
        .iter()
        .map(|entry| {
            let (gross, fee) = stripe_amounts(entry);
            let kind = match entry.kind {
                EntryKind::Charge => "CHARGE",
                EntryKind::Refund => "REFUND",
                EntryKind::Fee => "CHARGEBACK_FEE",
                EntryKind::Dispute => "DISPUTE_WITHDRAWAL",
                EntryKind::DisputeReversal => "DISPUTE_REVERSAL",
                EntryKind::Adjustment | EntryKind::Other => "ADJUSTMENT",
            };
            let order = entry.order_reference.as_ref();
            let order = order.map(|name| json!({"name": name}));
            json!({"id": format!("gid://shopify/ShopifyPaymentsBalanceTransaction/{}", entry.id),
                "type": kind, "test": false, "sourceOrderTransactionId": entry.reference,
                "amount": money(gross), "fee": money(fee), "net": money(entry.net),
                "associatedOrder": order, "associatedPayout": {"id": gid}})
        })
        .collect();
    vec![json!({"data": {
        "node": {"id": gid, "status": "PAID", "issuedAt": "2026-10-05T04:00:00Z",
            "transactionType": "DEPOSIT", "net": money(settlement.deposit)},
        "shopifyPaymentsAccount": {"balanceTransactions": {"nodes": nodes,
            "pageInfo": {"hasNextPage": false, "endCursor": null}}}}})]
}

pub fn adyen_word(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::Charge => "Settled",
        EntryKind::Refund => "Refunded",
        EntryKind::Fee => "Fee",
        EntryKind::Dispute => "Chargeback",
        EntryKind::DisputeReversal => "ChargebackReversed",
        EntryKind::Adjustment | EntryKind::Other => "DepositCorrection",
    }
}

pub fn adyen_csv(settlement: &Settlement) -> String {
    let code = settlement.currency.code();
    let sides = |money: Money| {
        if money.minor() < 0 {
            format!("{},", major(money.negated()))
        } else {
            format!(",{}", major(money))
        }
    };
    let (account, batch) = settlement.id.as_str().split_once(':').unwrap();
    let mut file = "Merchant Account,Psp Reference,Merchant Reference,Creation Date,Type,\
                    Modification Reference,Gross Currency,Gross Debit (GC),Gross Credit (GC),\
                    Net Currency,Net Debit (NC),Net Credit (NC),Commission (NC),Markup (NC),\
                    Scheme Fees (NC),Interchange (NC),Batch Number\n"
        .to_owned();
    for entry in &settlement.entries {
        let of_payment = !matches!(entry.kind, EntryKind::Fee | EntryKind::Adjustment);
        let gross =
            if of_payment { format!("{code},{}", sides(entry.gross)) } else { ",,".to_owned() };
        // The fee is spread over the four columns.
        let third = entry.fee.minor() / 3;
        let parts = [third, third, entry.fee.minor() - 2 * third];
        let fees =
            parts.map(|minor| major(Money::from_minor(minor, settlement.currency))).join(",");
        let fees = if of_payment { fees } else { ",,".to_owned() };
        let modification = entry.id.split_once(':').unwrap().1;
        file += &format!(
            "{account},{},{},2026-10-04 10:00:00,{},{modification},{gross},{code},{},{fees},,{batch}\n",
            entry.reference.as_deref().unwrap_or_default(),
            entry.order_reference.as_deref().unwrap_or_default(),
            adyen_word(entry.kind),
            sides(entry.net),
        );
    }
    let payout = sides(settlement.deposit.negated());
    file + &format!(
        "{account},,,2026-10-05 00:20:00,MerchantPayout,TX,,,,{code},{payout},,,,,{batch}\n"
    )
}

/// PayPal keeps what is not withdrawn: so much of the sum is withdrawn.
pub fn paypal_csv(settlement: &Settlement, beginning: i64) -> String {
    let code = settlement.currency.code();
    let side = |minor: i64| if minor < 0 { "DR" } else { "CR" };
    let mut file = "\"RH\",2026/10/06 02:44:19 -0700,\"A\",\"ACCT\",009,\n\"FH\",01\n\
                    \"SH\",2026/10/05 00:00:00 -0700,2026/10/05 23:59:59 -0700,\"ACCT\",\"\"\n\
                    \"CH\",\"Transaction ID\",\"Invoice ID\",\"PayPal Reference ID\",\
                    \"PayPal Reference ID Type\",\"Transaction Event Code\",\
                    \"Transaction Debit or Credit\",\"Gross Transaction Amount\",\
                    \"Gross Transaction Currency\",\"Fee Debit or Credit\",\"Fee Amount\",\
                    \"Fee Currency\",\"Custom Field\"\n"
        .to_owned();
    for entry in &settlement.entries {
        let (gross, fee) = stripe_amounts(entry);
        let (id, event) = entry.id.split_once(':').unwrap();
        file += &format!(
            "\"SB\",\"{id}\",\"{}\",\"{}\",\"TXN\",\"{event}\",\"{}\",{},\"{code}\",\"DR\",{},\"{code}\",\"\"\n",
            entry.order_reference.as_deref().unwrap_or_default(),
            entry.reference.as_deref().unwrap_or_default(),
            side(gross.minor()),
            gross.minor().abs(),
            fee.minor(),
        );
    }
    let out = settlement.deposit.minor();
    if out > 0 {
        file += &format!(
            "\"SB\",\"W\",\"\",\"\",\"\",\"T0400\",\"DR\",{out},\"{code}\",\"\",,\"\",\"\"\n"
        );
    }
    let ending = beginning + settlement.retained.minor();
    file + &format!(
        "\"SF\",\"{code}\",0,0,0,0,\"{}\",{},\"{}\",{},\"CR\",0,\"CR\",0,\"CR\",0,\"CR\",0,1\n\
         \"SC\",1\n\"RF\",\"{code}\",0\n\"RC\",1\n\"FF\",1\n",
        side(beginning),
        beginning.abs(),
        side(ending),
        ending.abs(),
    )
}

pub fn paypal_event(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::Charge => "T0006",
        EntryKind::Refund => "T1107",
        EntryKind::Fee => "T0106",
        EntryKind::Dispute => "T1201",
        EntryKind::DisputeReversal => "T1202",
        EntryKind::Adjustment | EntryKind::Other => "T1200",
    }
}
