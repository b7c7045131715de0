//! Invoices and credit notes.

use super::super::{FakeOdoo, Seed};
use super::after::{credit_note, document, invoice, ok, order, order_of, posted, read, refused};
use serde_json::{Value, json};

fn goods() -> (FakeOdoo, i64) {
    let odoo = FakeOdoo::belgian();
    let id = odoo.add_product(&super::super::Product::goods("G-1", "10.00"));
    (odoo, id)
}

fn line(product: i64, quantity: &str, price: &str, tax: i64) -> Value {
    json!({"product": product, "quantity": quantity, "price": price, "taxes": tax.to_string()})
}

fn status(odoo: &FakeOdoo, order: &Value) -> String {
    let row = read(odoo, "sale.order", order, &["invoice_status"]);
    row["invoice_status"].as_str().unwrap().to_owned()
}

/// FACTS A11, A15: the wizard bills once, the lines are linked and balance.
#[test]
fn an_order_is_invoiced_once() {
    let (odoo, product) = goods();
    let (order, sale) = order(&odoo, product, 2, 10.0, Seed::TAX_21);
    assert_eq!(status(&odoo, &order), "to invoice");
    let (_, draft) = invoice(&odoo, &order);
    assert_eq!(document(&odoo, &draft), ("draft".into(), "not_paid".into(), 24.2, 24.2));
    assert_eq!(status(&odoo, &order), "invoiced");
    assert_eq!(invoice(&odoo, &order).0, 422);
    ok(&odoo, "account.move", "action_post", &json!({"ids": [draft]}));
    let (code, message) = refused(&odoo, "account.move", "action_post", &json!({"ids": [draft]}));
    assert_eq!((code, message.contains("must be in draft")), (422, true));
    let lines = ok(
        &odoo,
        "account.move.line",
        "search_read",
        &json!({
        "domain": [["move_id", "=", draft]], "order": "id",
        "fields": ["display_type", "balance", "account_id", "sale_line_ids", "tax_line_id",
                   "tax_repartition_line_id", "tax_tag_ids", "amount_residual", "account_type"]}),
    );
    let shown: Vec<(&str, f64, i64)> = lines
        .as_array()
        .unwrap()
        .iter()
        .map(|l| {
            (
                l["display_type"].as_str().unwrap(),
                l["balance"].as_f64().unwrap(),
                l["account_id"][0].as_i64().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            ("product", -20.0, Seed::INCOME),
            ("tax", -4.2, Seed::VAT_PAYABLE),
            ("payment_term", 24.2, Seed::RECEIVABLE)
        ]
    );
    assert_eq!(lines[0]["sale_line_ids"], json!([sale]));
    assert_eq!((&lines[0]["tax_tag_ids"], &lines[1]["tax_tag_ids"]), (&json!([7]), &json!([25])));
    assert_eq!(lines[2]["amount_residual"], 24.2);
    let name = read(&odoo, "account.move", &draft, &["name", "payment_reference"]);
    assert_eq!(name["name"], "INV/2026/00001");
}

/// An order whose fiscal position was taken away is invoiced under the one of its invoice address, whose
/// income account is taken; the order's taxes stay (seen on 19.0; `sale.order._prepare_invoice`).
#[test]
fn an_invoice_finds_the_position_that_its_order_lacks() {
    for (customer, position, account) in [
        (Seed::BELGIAN_CONSUMER, Seed::POSITION_NATIONAL, Seed::INCOME),
        (Seed::GERMAN_CONSUMER, Seed::POSITION_EU_PRIVATE, Seed::INCOME),
        (Seed::FRENCH_COMPANY, Seed::POSITION_EU_COMPANY, Seed::INCOME_EU),
    ] {
        let (odoo, product) = goods();
        let line = json!([0, 0, {"product_id": product, "price_unit": 10.0, "tax_ids": [[6, 0, [Seed::TAX_21]]]}]);
        let vals = json!({"vals_list": [{"partner_id": customer, "fiscal_position_id": false, "order_line": [line]}]});
        let order = ok(&odoo, "sale.order", "create", &vals)[0].clone();
        ok(&odoo, "sale.order", "action_confirm", &json!({"ids": [order]}));
        let own = read(&odoo, "sale.order", &order, &["fiscal_position_id"]);
        assert_eq!(own["fiscal_position_id"], false);
        let invoice = posted(&odoo, &order);
        let found = read(&odoo, "account.move", &invoice, &["fiscal_position_id", "amount_total"]);
        assert_eq!(found["fiscal_position_id"][0], position);
        assert_eq!(found["amount_total"], 12.1);
        let domain = json!([["move_id", "=", invoice], ["display_type", "=", "product"]]);
        let fields = json!(["account_id", "tax_ids"]);
        let lines = json!({"domain": domain, "fields": fields});
        let lines = ok(&odoo, "account.move.line", "search_read", &lines);
        assert_eq!(lines[0]["account_id"][0], account);
        assert_eq!(lines[0]["tax_ids"], json!([Seed::TAX_21]));
    }
}

/// A product billed by delivery is not billed before it leaves.
#[test]
fn the_policy_of_the_product_decides() {
    let odoo = FakeOdoo::belgian();
    let (order, _) = order(&odoo, Seed::SKU_A, 2, 10.0, Seed::TAX_21);
    assert_eq!(status(&odoo, &order), "no");
    assert_eq!(invoice(&odoo, &order).0, 422);
    let picking = read(&odoo, "sale.order", &order, &["picking_ids"])["picking_ids"].clone();
    ok(&odoo, "stock.picking", "button_validate", &json!({"ids": picking}));
    assert_eq!(status(&odoo, &order), "to invoice");
    let invoice = posted(&odoo, &order);
    assert_eq!(document(&odoo, &invoice).2, 24.2);
}

/// FACTS A7: the pin goes to the invoice; one that does not fit the quantity is ignored.
#[test]
fn pins_hold_on_invoices_and_credit_notes() {
    let (odoo, product) = goods();
    let pin = |quantity: u32, net: f64, tax: f64| {
        json!({"currency_id": Seed::EUR, "price_unit": 3.33, "discount": 0, "quantity": quantity,
               "manual_total_excluded_currency": net,
               "manual_tax_amounts": {"191": {"tax_amount_currency": tax, "base_amount_currency": net}}})
    };
    let sold = json!({"product_id": product, "product_uom_qty": 3, "price_unit": 3.33, "tax_ids": [[6, 0, [191]]],
                      "name": "l", "extra_tax_data": pin(3, 10.0, 2.11)});
    let (order, _) = order_of(&odoo, Seed::PRICELIST_EUR, &[sold]);
    let invoice = posted(&odoo, &order);
    assert_eq!(document(&odoo, &invoice).2, 12.11);
    let mut back = line(product, "1", "3.33", Seed::TAX_21);
    back["pin"] = json!(pin(1, 3.34, 0.7).to_string());
    let good = credit_note(&odoo, "good", &invoice, &back, None);
    assert_eq!(document(&odoo, &good).2, 4.04);
    back["pin"] = json!(pin(2, 3.34, 0.7).to_string());
    let bad = credit_note(&odoo, "bad", &invoice, &back, None);
    assert_eq!(document(&odoo, &bad).2, 4.03);
}

/// FACTS A11, A15: posting matches an unpaid invoice; the order stays invoiced without a tie to it.
#[test]
fn a_credit_note_meets_its_invoice() {
    let (odoo, product) = goods();
    let (order, sale) = order(&odoo, product, 3, 10.0, Seed::TAX_21);
    let invoice = posted(&odoo, &order);
    let part = credit_note(&odoo, "part", &invoice, &line(product, "1", "10", Seed::TAX_21), None);
    assert_eq!(
        read(&odoo, "account.move", &invoice, &["reversal_move_ids"])["reversal_move_ids"],
        json!([part])
    );
    assert_eq!(document(&odoo, &invoice).1, "not_paid");
    ok(&odoo, "account.move", "action_post", &json!({"ids": [part]}));
    assert_eq!(document(&odoo, &part), ("posted".into(), "paid".into(), 12.1, 0.0));
    assert_eq!(document(&odoo, &invoice), ("posted".into(), "partial".into(), 36.3, 24.2));
    assert_eq!(status(&odoo, &order), "invoiced");
    let rest =
        credit_note(&odoo, "rest", &invoice, &line(product, "2", "10", Seed::TAX_21), Some(&sale));
    assert_eq!(status(&odoo, &order), "to invoice", "a tied draft counts");
    ok(&odoo, "account.move", "action_post", &json!({"ids": [rest]}));
    assert_eq!(document(&odoo, &invoice), ("posted".into(), "reversed".into(), 36.3, 0.0));
    let state = odoo.inspect();
    assert_eq!(state["credit_notes"].as_array().unwrap().len(), 2);
    assert_eq!(state["credit_notes"][0]["lines"][0]["taxes"][0]["amount"], "2.1");
}

/// FACTS A11: nothing guards against refunding too much.
#[test]
fn too_much_may_be_refunded() {
    let (odoo, product) = goods();
    let (order, _) = order(&odoo, product, 1, 10.0, Seed::TAX_21);
    let invoice = posted(&odoo, &order);
    let note = credit_note(&odoo, "r", &invoice, &line(product, "50", "10", Seed::TAX_21), None);
    ok(&odoo, "account.move", "action_post", &json!({"ids": [note]}));
    assert_eq!(document(&odoo, &note), ("posted".into(), "partial".into(), 605.0, 592.9));
    assert_eq!(document(&odoo, &invoice).1, "reversed");
}

/// Undelivered goods: the lower quantity and a tied credit note leave the order invoiced.
#[test]
fn a_lower_quantity_stops_the_delivery() {
    let (odoo, product) = goods();
    let (order, sale) = order(&odoo, product, 3, 10.0, Seed::TAX_21);
    let invoice = posted(&odoo, &order);
    let note =
        credit_note(&odoo, "r", &invoice, &line(product, "1", "10", Seed::TAX_21), Some(&sale));
    ok(&odoo, "account.move", "action_post", &json!({"ids": [note]}));
    ok(
        &odoo,
        "sale.order",
        "write",
        &json!({"ids": [order], "vals": {"order_line": [[1, sale, {"product_uom_qty": 2}]]}}),
    );
    assert_eq!(status(&odoo, &order), "invoiced");
    assert_eq!(odoo.inspect()["pickings"][0]["moves"][0]["product_uom_qty"], "2");
    assert_eq!(invoice_count(&odoo), (1, 1));
}

/// What was billed too much comes back as a credit note of the wizard's own.
#[test]
fn the_wizard_credits_what_was_billed_too_much() {
    let (odoo, product) = goods();
    let (order, sale) = order(&odoo, product, 3, 10.0, Seed::TAX_21);
    posted(&odoo, &order);
    ok(
        &odoo,
        "sale.order",
        "write",
        &json!({"ids": [order], "vals": {"order_line": [[1, sale, {"product_uom_qty": 2}]]}}),
    );
    let (code, note) = invoice(&odoo, &order);
    assert_eq!(
        (code, read(&odoo, "account.move", &note, &["move_type"])["move_type"].as_str()),
        (200, Some("out_refund"))
    );
    assert_eq!(document(&odoo, &note).2, 12.1);
    assert_eq!(status(&odoo, &order), "invoiced");
}

fn invoice_count(odoo: &FakeOdoo) -> (usize, usize) {
    let state = odoo.inspect();
    let count = |list: &str| state[list].as_array().unwrap().len();
    (count("invoices"), count("credit_notes"))
}

/// FACTS A11: drafts are cancelled with their order, posted ones stay; a locked order refuses.
#[test]
fn cancelling_spares_what_is_posted() {
    let (odoo, product) = goods();
    let (first, _) = order(&odoo, product, 1, 10.0, Seed::TAX_21);
    let (second, _) = order(&odoo, product, 1, 10.0, Seed::TAX_21);
    let (_, draft) = invoice(&odoo, &first);
    let fixed = posted(&odoo, &second);
    ok(&odoo, "sale.order", "action_lock", &json!({"ids": [second]}));
    assert_eq!(refused(&odoo, "sale.order", "action_cancel", &json!({"ids": [second]})).0, 422);
    ok(&odoo, "sale.order", "action_unlock", &json!({"ids": [second]}));
    for order in [&first, &second, &second] {
        assert_eq!(ok(&odoo, "sale.order", "action_cancel", &json!({"ids": [order]})), json!(true));
    }
    assert_eq!(
        (document(&odoo, &draft).0, document(&odoo, &fixed).0),
        ("cancel".into(), "posted".into())
    );
    assert_eq!(status(&odoo, &first), "no");
}

/// Currencies with 0, 2 and 3 decimals, a rate, several taxes, taxes in the price: everything
/// balances in both currencies.
#[test]
fn documents_balance_in_every_currency() {
    for (pricelist, price, taxes, total) in [
        (Seed::PRICELIST_EUR, 21.53, vec![Seed::TAX_21_INCLUDED], 64.59),
        (Seed::PRICELIST_USD, 19.99, Seed::US_TAXES.to_vec(), 64.77),
        (Seed::PRICELIST_JPY, 333.0, vec![Seed::TAX_21], 1209.0),
        (Seed::PRICELIST_KWD, 9.99, vec![Seed::TAX_21], 36.264),
        (Seed::PRICELIST_GBP, 0.4, vec![Seed::TAX_12], 1.34),
    ] {
        let (odoo, product) = goods();
        let sold = json!({"product_id": product, "product_uom_qty": 3, "price_unit": price, "name": "l",
                          "tax_ids": [[6, 0, taxes]]});
        let (order, _) = order_of(&odoo, pricelist, &[sold]);
        let invoice = posted(&odoo, &order);
        let taxes: Vec<String> = taxes.iter().map(ToString::to_string).collect();
        assert_eq!(document(&odoo, &invoice).2, total);
        for at in 0..3 {
            let mut back = line(product, "1", &price.to_string(), 0);
            back["taxes"] = json!(taxes.join(","));
            let note = credit_note(&odoo, &format!("r{at}"), &invoice, &back, None);
            ok(&odoo, "account.move", "action_post", &json!({"ids": [note]}));
        }
        let lines = ok(
            &odoo,
            "account.move.line",
            "search_read",
            &json!({"domain": [], "fields": ["move_id", "balance", "amount_currency", "display_type", "amount_residual"]}),
        );
        let mut sums: std::collections::BTreeMap<i64, i64> = std::collections::BTreeMap::new();
        for line in lines.as_array().unwrap() {
            let cents = (line["balance"].as_f64().unwrap() * 100.0).round() as i64;
            *sums.entry(line["move_id"][0].as_i64().unwrap()).or_default() += cents;
        }
        assert!(sums.values().all(|sum| *sum == 0), "{sums:?}");
    }
}
