//! The next step, by what is wanted and what Odoo has.

use super::super::entry::EntryItem;
use super::super::plan::{Next, Step, Wanted, next};
use super::super::sale::fees;
use super::super::seen::{EntryState, Seen, SeenEntry, SeenLine};
use super::*;
use causeway_domain::Fault;

fn as_in_odoo(entry: &Entry, state: EntryState) -> SeenEntry {
    let line = |item: &EntryItem| {
        let (taxes, repartition_line, tags) = match &item.tax {
            EntryTax::None => (vec![], None, vec![]),
            EntryTax::Base { taxes, tags } => (taxes.clone(), None, tags.clone()),
            EntryTax::Tax { repartition_line, tags } => {
                (vec![], Some(*repartition_line), tags.clone())
            }
        };
        SeenLine {
            external_id: Some(entry.id.line(&item.key).to_string()),
            account: item.account,
            balance: item.balance,
            taxes,
            repartition_line,
            tags,
        }
    };
    let lines = entry.lines.iter().map(line).collect();
    SeenEntry { id: 7, state, date: Some(entry.date), lines }
}

fn step(order: &Order, after: &AfterSales, seen: &Seen) -> Next {
    let config = config();
    let wanted = Wanted {
        order,
        sale: Some(booked(order, after)),
        fees: fees(order, after, chart(&config)).unwrap(),
        refunds: Ok(Vec::new()),
        products: Ok(BTreeMap::new()),
        cancelled: false,
        unlinked_returns: Vec::new(),
    };
    next(&wanted, seen)
}

fn seen(entry: SeenEntry, id: &causeway_odoo::ExternalId) -> Seen {
    let entries = BTreeMap::from([(id.to_string(), entry)]);
    Seen { entries, ..Seen::default() }
}

/// Nothing is posted that is not line by line what it should be: an added line, an account, an amount, a
/// missing tag, a moved date.
#[test]
fn only_an_exact_draft_is_posted() {
    let (sold, after) = (order(), paid(Some("0.45")));
    let entry = booked(&sold, &after);
    let draft = as_in_odoo(&entry, EntryState::Draft);
    let said = step(&sold, &after, &seen(draft.clone(), &entry.id));
    assert!(matches!(said, Next::Do(Step::Post { entry: 7 })), "{said:?}");

    let spoil: [fn(&mut SeenEntry); 6] = [
        |entry| entry.lines[4].balance = eur("-12.38"),
        |entry| entry.lines[4].account = 701,
        |entry| entry.lines[4].tags.clear(),
        |entry| entry.lines[7].repartition_line = None,
        |entry| {
            let mut stranger = entry.lines[6].clone();
            (stranger.external_id, stranger.balance) = (None, eur("0.01"));
            entry.lines.push(stranger);
        },
        |entry| entry.date = Some("2026-12-01".parse().unwrap()),
    ];
    for (place, spoil) in spoil.into_iter().enumerate() {
        let mut wrong = draft.clone();
        spoil(&mut wrong);
        let said = step(&sold, &after, &seen(wrong, &entry.id));
        assert!(matches!(said, Next::Hold(Fault::Reject { .. })), "{place}: {said:?}");
    }
}

/// R48: a fee is booked once: in the sale's entry if it was known, else in one of its own, whoever of two
/// workers made the sale's.
#[test]
fn a_fee_is_booked_once() {
    let (sold, before, now) = (order(), paid(None), paid(Some("0.45")));
    let (early, late) = (booked(&sold, &before), booked(&sold, &now));
    // Born without the fee, which came before it was posted.
    let said = step(&sold, &now, &seen(as_in_odoo(&early, EntryState::Draft), &early.id));
    assert!(matches!(said, Next::Do(Step::Post { .. })), "{said:?}");
    let mut books = seen(as_in_odoo(&early, EntryState::Posted), &early.id);
    let Next::Do(Step::Book(own)) = step(&sold, &now, &books) else { panic!("no fee") };
    assert_eq!(shown(&own), ["363 0.45", "497 -0.45"]);
    books.entries.insert(own.id.to_string(), as_in_odoo(&own, EntryState::Posted));
    assert!(matches!(step(&sold, &now, &books), Next::Settled));
    let with = seen(as_in_odoo(&late, EntryState::Posted), &late.id);
    assert!(matches!(step(&sold, &now, &with), Next::Settled));
    for books in [books, with] {
        let Next::Hold(fault) = step(&sold, &paid(Some("0.47")), &books) else { panic!("no") };
        let text = fault.to_string();
        assert!(text.contains("0.45 EUR") && text.contains("0.47 EUR"), "{text}");
    }
}
