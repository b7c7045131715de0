//! Money that went back before it was paid out or invoiced, in payouts (R205).

use crate::settlement::{
    ALL, Line, UNMATCHED, assert_booked, booked, charge, credit, import_to_the_end, name_of,
    nobodys, on, placed, refund, settlement, sold, world,
};
use causeway_domain::EntryKind;
use causeway_ledger::Disposition;

/// Money that went back before Odoo had a sale, or before all of it was invoiced, is set off against its own
/// charge: it holds nothing up and asks nobody.
#[tokio::test]
async fn what_was_given_back_before_it_was_invoiced_is_set_off_with_its_charge() {
    for processor in ALL {
        let scenario = world(|text| text);
        let sold = sold(&scenario, 1).await;
        let whole = charge(&sold[0]);
        // Five euros of the order were given back, and it was invoiced afterwards.
        let lowered = Line { gross: whole.gross + 500, ..charge(&sold[0]) };
        let early = Line { kind: EntryKind::Refund, gross: -500, fee: 0, ..charge(&sold[0]) };
        // Cancelled before Odoo had it.
        let never = nobodys(EntryKind::Charge, 3000);
        let gone = nobodys(EntryKind::Refund, -3000);
        let lines = [lowered, early, never, gone];
        let settlement = settlement(name_of(processor), &lines);
        let nudge = placed(&scenario, processor, &settlement);
        let end = import_to_the_end(&scenario, &nudge).await;
        assert_eq!(end, Disposition::Done, "{processor}");
        assert_booked(&scenario, &settlement, processor);
        let state = scenario.odoo_state();
        let entry = booked(&state)[0];
        assert_eq!(on(entry, UNMATCHED), 0, "{processor}");
        for line in entry["lines"].as_array().unwrap() {
            let name = line["name"].as_str().unwrap();
            if name.starts_with("Charge") || name.starts_with("Refund") {
                assert_eq!(line["reconciled"], true, "{processor}: {line:#?}");
            }
        }
        assert_eq!(scenario.attention().await, [], "{processor}");
    }
}

/// A credit note that met its invoice before either was paid leaves charge and refund of one payout to meet.
#[tokio::test]
async fn a_credit_note_that_met_its_invoice_leaves_charge_and_refund_to_meet() {
    let scenario = world(|text| text);
    let sold = sold(&scenario, 1).await;
    let amount = credit(&scenario, &sold[0]).await;
    // Odoo sets a posted credit note off against the open invoice that it is of.
    let state = scenario.odoo_state();
    assert_eq!(state["credit_notes"][0]["amount_residual"], "0");
    let settlement = settlement("stripe", &[charge(&sold[0]), refund(&sold[0], amount)]);
    let nudge = placed(&scenario, "stripe", &settlement);
    assert_eq!(import_to_the_end(&scenario, &nudge).await, Disposition::Done);
    assert_booked(&scenario, &settlement, "stripe");
    let state = scenario.odoo_state();
    for line in booked(&state)[0]["lines"].as_array().unwrap() {
        if line["account"] == "400000" {
            assert_eq!(line["reconciled"], true, "{line:#?}");
        }
    }
}
