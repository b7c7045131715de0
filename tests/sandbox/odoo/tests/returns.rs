//! Pickings of their own, returns, backorders.

use super::super::{FakeOdoo, Product, Seed};
use super::after::{born, ok, order, posted, read, refused};
use serde_json::{Value, json};

const PICKING: [&str; 13] = [
    "id",
    "picking_type_id/.id",
    "location_id/.id",
    "location_dest_id/.id",
    "origin",
    "return_id/.id",
    "move_ids/id",
    "move_ids/product_id/.id",
    "move_ids/product_uom_qty",
    "move_ids/location_id/.id",
    "move_ids/location_dest_id/.id",
    "move_ids/origin_returned_move_id/.id",
    "move_ids/to_refund",
];

fn shop() -> (FakeOdoo, i64) {
    let odoo = FakeOdoo::belgian();
    let product = Product { stock: Some(10), ..Product::goods("G-1", "10.00") };
    let id = odoo.add_product(&product);
    (odoo, id)
}

fn on_hand(odoo: &FakeOdoo, product: i64) -> f64 {
    read(odoo, "product.product", &json!(product), &["qty_available"])["qty_available"]
        .as_f64()
        .unwrap()
}

fn moves(odoo: &FakeOdoo, picking: &Value) -> Vec<Value> {
    let body = json!({"domain": [["picking_id", "=", picking]], "order": "id",
        "fields": ["product_uom_qty", "quantity", "state", "picked", "origin_returned_move_id", "to_refund"]});
    ok(odoo, "stock.move", "search_read", &body).as_array().unwrap().clone()
}

fn validate(odoo: &FakeOdoo, picking: &Value, quantity: f64) {
    for one in moves(odoo, picking) {
        let vals = json!({"quantity": quantity, "picked": true});
        ok(odoo, "stock.move", "write", &json!({"ids": [one["id"]], "vals": vals}));
    }
    let body = json!({"ids": [picking], "context": {"skip_backorder": true, "skip_sms": true}});
    assert_eq!(ok(odoo, "stock.picking", "button_validate", &body), json!(true));
    assert_eq!(ok(odoo, "stock.picking", "button_validate", &body), json!(true), "again");
}

fn shipped(odoo: &FakeOdoo, product: i64, quantity: u32) -> (Value, Value, Value, Value) {
    let (order, line) = order(odoo, product, quantity, 10.0, Seed::TAX_21);
    let picking = read(odoo, "sale.order", &order, &["picking_ids"])["picking_ids"][0].clone();
    validate(odoo, &picking, f64::from(quantity));
    let moved = moves(odoo, &picking)[0]["id"].clone();
    (order, line, picking, moved)
}

struct Return<'r> {
    key: &'r str,
    picking: &'r Value,
    moved: &'r Value,
    line: &'r Value,
    quantity: u32,
    refund: bool,
    to: i64,
}

fn give_back(odoo: &FakeOdoo, product: i64, back: &Return<'_>) -> Value {
    let mut fields = PICKING.to_vec();
    fields.push("move_ids/sale_line_id/.id");
    let row = json!([[
        format!("__causeway__.{}", back.key),
        Seed::RECEIPTS,
        Seed::CUSTOMERS,
        back.to,
        "Return",
        back.picking,
        format!("__causeway__.{}_0", back.key),
        product,
        back.quantity.to_string(),
        Seed::CUSTOMERS,
        back.to,
        back.moved,
        if back.refund { "1" } else { "0" },
        back.line
    ]]);
    let id = born(odoo, "stock.picking", &fields, &row);
    assert_eq!(born(odoo, "stock.picking", &fields, &row), id);
    id
}

fn delivered(odoo: &FakeOdoo, line: &Value) -> f64 {
    read(odoo, "sale.order.line", line, &["qty_delivered"])["qty_delivered"].as_f64().unwrap()
}

/// FACTS A15: goods leave without an order; equal lines become one move; stock moves once.
#[test]
fn goods_leave_without_an_order() {
    let (odoo, product) = shop();
    let row = |head: bool, quantity: &str, at: u32| {
        let first = |text: Value| if head { text } else { json!("") };
        json!([
            first(json!("__causeway__.pos")),
            first(json!(Seed::DELIVERIES)),
            first(json!(Seed::STOCK)),
            first(json!(Seed::CUSTOMERS)),
            first(json!("Square 1")),
            "",
            format!("__causeway__.pos_{at}"),
            product,
            quantity,
            Seed::STOCK,
            Seed::CUSTOMERS,
            "",
            ""
        ])
    };
    let rows = json!([row(true, "2", 0), row(false, "1", 1)]);
    let id = born(&odoo, "stock.picking", &PICKING, &rows);
    assert_eq!(read(&odoo, "stock.picking", &id, &["state"])["state"], "draft");
    for method in ["action_confirm", "action_confirm", "action_assign"] {
        assert_eq!(ok(&odoo, "stock.picking", method, &json!({"ids": [id]})), json!(true));
    }
    let planned = moves(&odoo, &id);
    assert_eq!(
        (planned.len(), &planned[0]["quantity"], &planned[0]["state"]),
        (1, &json!(3.0), &json!("assigned"))
    );
    validate(&odoo, &id, 3.0);
    assert_eq!(on_hand(&odoo, product), 7.0);
    assert_eq!(born(&odoo, "stock.picking", &PICKING, &rows), id);
    assert_eq!(on_hand(&odoo, product), 7.0);
    let (code, message) = refused(&odoo, "stock.picking", "action_assign", &json!({"ids": [id]}));
    assert_eq!((code, message.as_str()), (422, "Nothing to check the availability for."));
}

/// FACTS A9, A15: a return lowers what was delivered once it is done, and only if it is to refund.
#[test]
fn a_return_lowers_what_was_delivered() {
    for (refund, to, left, stock) in [
        (true, Seed::STOCK, 2.0, 8.0),
        (false, Seed::STOCK, 3.0, 8.0),
        (true, Seed::RETURNS, 2.0, 8.0),
        (true, Seed::SCRAP, 3.0, 7.0),
    ] {
        let (odoo, product) = shop();
        let (order, line, picking, moved) = shipped(&odoo, product, 3);
        let back = Return {
            key: "r",
            picking: &picking,
            moved: &moved,
            line: &line,
            quantity: 1,
            refund,
            to,
        };
        let id = give_back(&odoo, product, &back);
        let row = read(&odoo, "stock.picking", &id, &["state", "return_id", "sale_id"]);
        assert_eq!(
            (&row["state"], &row["return_id"][0], &row["sale_id"][0]),
            (&json!("draft"), &picking, &order)
        );
        ok(&odoo, "stock.picking", "action_confirm", &json!({"ids": [id]}));
        assert_eq!(read(&odoo, "stock.picking", &id, &["state"])["state"], "assigned");
        assert_eq!(delivered(&odoo, &line), 3.0);
        validate(&odoo, &id, 1.0);
        assert_eq!(
            (delivered(&odoo, &line), on_hand(&odoo, product)),
            (left, stock),
            "{refund} {to}"
        );
    }
}

/// FACTS A9: nobody counts what was delivered; our side has to.
#[test]
fn more_may_come_back_than_went() {
    let (odoo, product) = shop();
    let (_, line, picking, moved) = shipped(&odoo, product, 3);
    let back = Return {
        key: "r",
        picking: &picking,
        moved: &moved,
        line: &line,
        quantity: 5,
        refund: true,
        to: Seed::STOCK,
    };
    let id = give_back(&odoo, product, &back);
    ok(&odoo, "stock.picking", "action_confirm", &json!({"ids": [id]}));
    validate(&odoo, &id, 5.0);
    assert_eq!((delivered(&odoo, &line), on_hand(&odoo, product)), (-2.0, 12.0));
}

/// FACTS A15: a return before the invoice does not lower what is billed by order; the quantity does.
#[test]
fn a_return_before_the_invoice_needs_a_lower_quantity() {
    let (odoo, product) = shop();
    let (order, line, picking, moved) = shipped(&odoo, product, 3);
    let back = Return {
        key: "r",
        picking: &picking,
        moved: &moved,
        line: &line,
        quantity: 1,
        refund: true,
        to: Seed::STOCK,
    };
    let id = give_back(&odoo, product, &back);
    let lower =
        json!({"ids": [order], "vals": {"order_line": [[1, line, {"product_uom_qty": 2}]]}});
    assert_eq!(
        refused(&odoo, "sale.order", "write", &lower).0,
        422,
        "not below what was delivered"
    );
    validate(&odoo, &id, 1.0);
    assert_eq!(read(&odoo, "sale.order.line", &line, &["qty_to_invoice"])["qty_to_invoice"], 3.0);
    ok(&odoo, "sale.order", "write", &lower);
    let pickings = read(&odoo, "sale.order", &order, &["picking_ids"]);
    assert_eq!(pickings["picking_ids"].as_array().unwrap().len(), 2, "nothing is sent again");
    let invoice = posted(&odoo, &order);
    assert_eq!(read(&odoo, "account.move", &invoice, &["amount_total"])["amount_total"], 24.2);
}

/// FACTS A9: a part is asked about; with the flag the rest waits in a picking of its own.
#[test]
fn the_rest_waits_in_a_backorder() {
    let (odoo, product) = shop();
    let (order, line) = order(&odoo, product, 3, 10.0, Seed::TAX_21);
    let picking = read(&odoo, "sale.order", &order, &["picking_ids"])["picking_ids"][0].clone();
    let one = moves(&odoo, &picking)[0]["id"].clone();
    ok(
        &odoo,
        "stock.move",
        "write",
        &json!({"ids": [one], "vals": {"quantity": 1, "picked": true}}),
    );
    let asked = ok(&odoo, "stock.picking", "button_validate", &json!({"ids": [picking]}));
    assert_eq!(asked["res_model"], "stock.backorder.confirmation");
    assert_eq!(delivered(&odoo, &line), 0.0, "nothing is done");
    validate(&odoo, &picking, 1.0);
    let pickings = read(&odoo, "sale.order", &order, &["picking_ids"])["picking_ids"].clone();
    let rest = read(&odoo, "stock.picking", &pickings[0], &["backorder_id", "state"]);
    assert_eq!((&rest["backorder_id"][0], &rest["state"]), (&picking, &json!("assigned")));
    assert_eq!(moves(&odoo, &pickings[0])[0]["product_uom_qty"], 2.0);
    ok(&odoo, "sale.order", "action_cancel", &json!({"ids": [order]}));
    assert_eq!(read(&odoo, "stock.picking", &pickings[0], &["state"])["state"], "cancel");
    assert_eq!(read(&odoo, "stock.picking", &picking, &["state"])["state"], "done");
    assert_eq!(on_hand(&odoo, product), 9.0);
}

/// One deep read shows order, lines, documents and pickings; lines tell their external ids.
#[test]
fn one_read_shows_everything() {
    let (odoo, product) = shop();
    let (order, line, picking, _) = shipped(&odoo, product, 3);
    let invoice = posted(&odoo, &order);
    let document = json!({"name": {}, "state": {}, "amount_total": {}, "journal_id": {}});
    let mut with_notes = document.clone();
    with_notes["reversal_move_ids"] = json!({"fields": document});
    let spec = json!({
        "state": {},
        "order_line": {"fields": {"qty_delivered": {}, "tax_ids": {}}},
        "invoice_ids": {"fields": with_notes},
        "picking_ids": {"fields": {"state": {}, "move_ids": {"fields": {"quantity": {}, "sale_line_id": {}}}}},
    });
    let read = ok(&odoo, "sale.order", "web_read", &json!({"ids": [order], "specification": spec}));
    assert_eq!(
        read[0],
        json!({
            "id": order, "state": "sale",
            "order_line": [{"id": line, "qty_delivered": 3.0, "tax_ids": [Seed::TAX_21]}],
            "invoice_ids": [{"id": invoice, "name": "INV/2026/00001", "state": "posted", "amount_total": 36.3,
                             "journal_id": 1, "reversal_move_ids": []}],
            "picking_ids": [{"id": picking, "state": "done",
                             "move_ids": [{"id": 1, "quantity": 3.0, "sale_line_id": line}]}],
        })
    );
    let names = ok(&odoo, "sale.order.line", "get_external_id", &json!({"ids": [line]}));
    assert_eq!(names, json!({line.to_string(): ""}));
}
