//! Deliveries in two and three steps, as a real 19.0 made them.

use super::super::{FakeOdoo, Seed};
use super::after::{ok, order, read};
use super::call;
use serde_json::{Value, json};

#[derive(Clone, Copy)]
enum Deed {
    /// Every open transfer is validated, oldest first.
    Validate,
    /// So much of the oldest open one, the rest later.
    Part(u32),
    /// The order's line.
    Lower(u32),
    Cancel,
}
use Deed::{Cancel, Lower, Part, Validate};

fn transfers(odoo: &FakeOdoo, order: &Value) -> Vec<Value> {
    let ids = read(odoo, "sale.order", order, &["picking_ids"])["picking_ids"].clone();
    let body = json!({"domain": [["id", "in", ids]], "order": "id",
        "fields": ["name", "state", "location_id", "location_dest_id", "move_ids"]});
    ok(odoo, "stock.picking", "search_read", &body).as_array().unwrap().clone()
}

fn oldest_open(odoo: &FakeOdoo, order: &Value) -> Option<Value> {
    let open = |one: &Value| one["state"] != "done" && one["state"] != "cancel";
    transfers(odoo, order).into_iter().find(open)
}

fn validate(odoo: &FakeOdoo, picking: &Value) {
    let body =
        json!({"ids": [picking["id"]], "context": {"skip_backorder": true, "skip_sms": true}});
    assert_eq!(ok(odoo, "stock.picking", "button_validate", &body), json!(true));
}

fn does(odoo: &FakeOdoo, order: &Value, line: &Value, deed: Deed) -> u16 {
    match deed {
        Validate => {
            let picking = oldest_open(odoo, order).unwrap();
            validate(odoo, &picking);
        }
        Part(quantity) => {
            let picking = oldest_open(odoo, order).unwrap();
            let vals = json!({"quantity": quantity, "picked": true});
            let body = json!({"ids": picking["move_ids"], "vals": vals});
            ok(odoo, "stock.move", "write", &body);
            validate(odoo, &picking);
        }
        Lower(quantity) => {
            let vals = json!({"order_line": [[1, line, {"product_uom_qty": quantity}]]});
            let body = json!({"ids": [order], "vals": vals});
            return call(odoo, "sale.order", "write", &body).unwrap().0;
        }
        Cancel => drop(ok(odoo, "sale.order", "action_cancel", &json!({"ids": [order]}))),
    }
    200
}

/// `PICK done 5>8: 3`, transfer by transfer.
fn told(odoo: &FakeOdoo, order: &Value) -> Vec<String> {
    let one = |picking: Value| {
        let body =
            json!({"domain": [["picking_id", "=", picking["id"]]], "fields": ["product_uom_qty"]});
        let moves = ok(odoo, "stock.move", "search_read", &body);
        let kind = picking["name"].as_str().unwrap().split('/').nth(1).unwrap().to_owned();
        let (from, to) = (&picking["location_id"][0], &picking["location_dest_id"][0]);
        let demand = &moves[0]["product_uom_qty"];
        format!("{kind} {} {from}>{to}: {demand}", picking["state"].as_str().unwrap())
    };
    transfers(odoo, order).into_iter().map(one).collect()
}

#[test]
fn a_delivery_in_steps_goes_as_a_real_one() {
    let two = "pick_ship";
    let three = "pick_pack_ship";
    let table: Vec<(&str, &[Deed], &[&str], f64)> = vec![
        (two, &[], &["PICK assigned 5>8: 3.0"], 0.0),
        (two, &[Validate], &["PICK done 5>8: 3.0", "OUT assigned 8>2: 3.0"], 0.0),
        (two, &[Validate, Validate], &["PICK done 5>8: 3.0", "OUT done 8>2: 3.0"], 3.0),
        // What is done stays where it is.
        (two, &[Validate, Cancel], &["PICK done 5>8: 3.0", "OUT cancel 8>2: 3.0"], 0.0),
        (two, &[Cancel], &["PICK cancel 5>8: 3.0"], 0.0),
        (
            two,
            &[Part(2)],
            &["PICK done 5>8: 2.0", "OUT assigned 8>2: 2.0", "PICK assigned 5>8: 1.0"],
            0.0,
        ),
        (two, &[Lower(1)], &["PICK assigned 5>8: 1.0"], 0.0),
        // Lowered after it was picked: put back.
        (
            two,
            &[Validate, Lower(1)],
            &["PICK done 5>8: 3.0", "OUT assigned 8>2: 1.0", "PICK assigned 8>5: 2.0"],
            0.0,
        ),
        (
            two,
            &[Validate, Lower(0)],
            &["PICK done 5>8: 3.0", "OUT cancel 8>2: 0.0", "PICK assigned 8>5: 3.0"],
            0.0,
        ),
        (
            two,
            &[Part(2), Lower(1)],
            &[
                "PICK done 5>8: 2.0",
                "OUT assigned 8>2: 1.0",
                "PICK cancel 5>8: 0.0",
                "PICK assigned 8>5: 1.0",
            ],
            0.0,
        ),
        (
            two,
            &[Validate, Lower(5)],
            &["PICK done 5>8: 3.0", "OUT assigned 8>2: 3.0", "PICK assigned 5>8: 2.0"],
            0.0,
        ),
        (
            three,
            &[Validate, Validate, Validate],
            &["PICK done 5>9: 3.0", "PACK done 9>8: 3.0", "OUT done 8>2: 3.0"],
            3.0,
        ),
        (
            three,
            &[Validate, Lower(0), Validate],
            &["PICK done 5>9: 3.0", "PACK cancel 9>8: 0.0", "PICK done 9>5: 3.0"],
            0.0,
        ),
    ];
    for (at, (steps, deeds, says, delivered)) in table.into_iter().enumerate() {
        let odoo = FakeOdoo::belgian();
        odoo.deliver_in_steps(steps);
        let (order, line) = order(&odoo, Seed::SKU_A, 3, 10.0, Seed::TAX_21);
        for deed in deeds {
            assert_eq!(does(&odoo, &order, &line, *deed), 200, "row {at}");
        }
        assert_eq!(told(&odoo, &order), says, "row {at}");
        let gone = read(&odoo, "sale.order.line", &line, &["qty_delivered"]);
        assert_eq!(gone["qty_delivered"], json!(delivered), "row {at}");
    }
}

/// The rest of a pick joins the delivery that is open.
#[test]
fn a_delivery_takes_what_is_picked_later() {
    let odoo = FakeOdoo::belgian();
    odoo.deliver_in_steps("pick_ship");
    let (order, _) = order(&odoo, Seed::SKU_A, 3, 10.0, Seed::TAX_21);
    does(&odoo, &order, &json!(0), Part(2));
    let rest = transfers(&odoo, &order).pop().unwrap();
    validate(&odoo, &rest);
    assert_eq!(
        told(&odoo, &order),
        ["PICK done 5>8: 2.0", "OUT assigned 8>2: 3.0", "PICK done 5>8: 1.0"]
    );
}

/// What a real one does then is no model: the fake refuses it.
#[test]
fn lowering_again_is_not_built() {
    let lowered: [(&str, &[Deed]); 2] =
        [("pick_ship", &[Validate, Lower(2)]), ("pick_pack_ship", &[Validate, Validate])];
    for (steps, before) in lowered {
        let odoo = FakeOdoo::belgian();
        odoo.deliver_in_steps(steps);
        let (order, line) = order(&odoo, Seed::SKU_A, 3, 10.0, Seed::TAX_21);
        for deed in before {
            assert_eq!(does(&odoo, &order, &line, *deed), 200, "{steps}");
        }
        assert_ne!(does(&odoo, &order, &line, Lower(0)), 200, "{steps}");
    }
}
