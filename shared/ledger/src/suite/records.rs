//! Events, links and attention items.

use super::{at, key};
use crate::attention::AttentionItem;
use crate::link::{Link, LinkKey, LinkKind};
use crate::{Ledger, attention::LARGEST_PAYLOAD};
use causeway_domain::{EventId, StoreId};
use std::collections::HashMap;
use std::slice::from_ref;

pub(super) async fn run<L: Ledger>(ledger: &L) {
    an_event_is_known_until_it_expires(ledger).await;
    event_ids_of_any_length_are_told_apart(ledger).await;
    links_are_found_replaced_and_dropped(ledger).await;
    more_links_than_one_call_can_carry(ledger).await;
    attention_items_are_listed_oldest_first(ledger).await;
    one_open_item_per_subject(ledger).await;
    a_payload_too_large_does_not_hide_the_question(ledger).await;
}

/// Known after it was remembered, for its store only, up to its expiry, even if the table's TTL has
/// not deleted it yet.
pub async fn an_event_is_known_until_it_expires<L: Ledger>(ledger: &L) {
    let (store, other) = (StoreId::new("events"), StoreId::new("events-2"));
    let event = EventId::new("evt-1");
    assert!(!ledger.event_known(&store, &event, at(0)).await.unwrap());
    ledger.remember_event(&store, &event, at(100)).await.unwrap();
    assert!(ledger.event_known(&store, &event, at(99)).await.unwrap());
    assert!(!ledger.event_known(&store, &event, at(100)).await.unwrap());
    assert!(!ledger.event_known(&other, &event, at(0)).await.unwrap());
    assert!(!ledger.event_known(&store, &EventId::new("evt-2"), at(0)).await.unwrap());
    ledger.remember_event(&store, &event, at(500)).await.unwrap();
    assert!(ledger.event_known(&store, &event, at(499)).await.unwrap());
}

/// Ids come from outside: empty ones, odd ones and ones longer than a table's key all work.
pub async fn event_ids_of_any_length_are_told_apart<L: Ledger>(ledger: &L) {
    let store = StoreId::new("events-long");
    let long = "x".repeat(5_000);
    for id in ["", "a#b c/ü", &long] {
        ledger.remember_event(&store, &EventId::new(id), at(100)).await.unwrap();
        assert!(ledger.event_known(&store, &EventId::new(id), at(0)).await.unwrap());
    }
    let other = EventId::new(format!("{long}y"));
    assert!(!ledger.event_known(&store, &other, at(0)).await.unwrap());
}

fn link(kind: LinkKind, source: &str, odoo_id: i64) -> Link {
    let key = LinkKey { store: StoreId::new("links"), kind, source: source.to_owned() };
    Link { key, odoo_id }
}

/// Only known keys are answered; the last write wins; kinds do not mix; repeated keys are no error.
pub async fn links_are_found_replaced_and_dropped<L: Ledger>(ledger: &L) {
    let customer = link(LinkKind::Customer, "7", 70);
    let product = link(LinkKind::Product, "7", 700);
    let sku = link(LinkKind::Sku, "A#1 ü", 1);
    let replaced = Link { odoo_id: 2, ..sku.clone() };
    assert_eq!(ledger.links(&[]).await.unwrap(), HashMap::new());
    ledger.put_links(&[customer.clone(), product.clone(), sku, replaced.clone()]).await.unwrap();
    let guest = link(LinkKind::Guest, "7", 0);
    let asked = [&customer, &product, &replaced, &guest, &customer].map(|link| link.key.clone());
    let expected: HashMap<LinkKey, i64> = [&customer, &product, &replaced]
        .map(|link| (link.key.clone(), link.odoo_id))
        .into_iter()
        .collect();
    assert_eq!(ledger.links(&asked).await.unwrap(), expected);
    ledger.drop_links(&[customer.key.clone(), guest.key, customer.key]).await.unwrap();
    let left = ledger.links(&asked).await.unwrap();
    assert_eq!(left.len(), 2);
    ledger.put_links(&[Link { odoo_id: 3, ..replaced.clone() }]).await.unwrap();
    assert_eq!(ledger.links(&asked).await.unwrap().get(&replaced.key), Some(&3));
}

/// 230 links cross the limits of one call in both directions (25 to write, 100 to read).
pub async fn more_links_than_one_call_can_carry<L: Ledger>(ledger: &L) {
    let many: Vec<Link> =
        (0..230).map(|n| link(LinkKind::Address, &format!("many-{n}"), n)).collect();
    ledger.put_links(&many).await.unwrap();
    let keys: Vec<LinkKey> = many.iter().map(|link| link.key.clone()).collect();
    let found = ledger.links(&keys).await.unwrap();
    assert_eq!(found.len(), 230);
    assert!(many.iter().all(|link| found.get(&link.key) == Some(&link.odoo_id)));
    ledger.drop_links(&keys).await.unwrap();
    assert!(ledger.links(&keys).await.unwrap().is_empty());
}

fn item(store: &str, subject: &str, raised: i64) -> AttentionItem {
    AttentionItem {
        key: key(store, subject),
        raised_at: at(raised),
        number: Some(format!("#{subject}")),
        reason: "platform says 119.00 EUR, Odoo 119.01 EUR".to_owned(),
        fix: "map the tax".to_owned(),
        payload: Some("{\"id\":1}".to_owned()),
        expires_at: at(1_000_000),
    }
}

/// Per store or for all, oldest first, not more than asked for; settled ones are gone.
pub async fn attention_items_are_listed_oldest_first<L: Ledger>(ledger: &L) {
    let (a, b) = (StoreId::new("items-a"), StoreId::new("items-b"));
    let items = [item("items-a", "3", 30), item("items-a", "1", 10), item("items-b", "2", 20)];
    for item in &items {
        assert!(ledger.raise(item).await.unwrap(), "it is new");
    }
    let [third, first, second] = items;
    assert_eq!(ledger.attention(Some(&a), 10).await.unwrap(), [first.clone(), third.clone()]);
    assert_eq!(ledger.attention(Some(&b), 10).await.unwrap(), from_ref(&second));
    assert_eq!(
        ledger.attention(None, 3).await.unwrap(),
        [first.clone(), second.clone(), third.clone()]
    );
    assert_eq!(ledger.attention(None, 1).await.unwrap(), from_ref(&first));
    assert!(ledger.settle(&first.key).await.unwrap());
    assert!(!ledger.settle(&first.key).await.unwrap(), "it is gone");
    assert_eq!(ledger.attention(Some(&a), 10).await.unwrap(), from_ref(&third));
    ledger.settle(&second.key).await.unwrap();
    ledger.settle(&third.key).await.unwrap();
    assert!(ledger.attention(None, 10).await.unwrap().is_empty());
}

/// Raising again replaces everything but the time at which the question was first open.
pub async fn one_open_item_per_subject<L: Ledger>(ledger: &L) {
    let store = StoreId::new("items-twice");
    assert!(ledger.raise(&item("items-twice", "1", 10)).await.unwrap());
    let again = AttentionItem {
        reason: "unknown tax".to_owned(),
        number: None,
        payload: None,
        ..item("items-twice", "1", 99)
    };
    assert!(!ledger.raise(&again).await.unwrap(), "it was open");
    let expected = AttentionItem { raised_at: at(10), ..again.clone() };
    assert_eq!(ledger.attention(Some(&store), 10).await.unwrap(), [expected]);
    ledger.settle(&again.key).await.unwrap();
    assert!(ledger.raise(&again).await.unwrap(), "it was settled");
    assert_eq!(ledger.attention(Some(&store), 10).await.unwrap(), from_ref(&again));
    ledger.settle(&again.key).await.unwrap();
}

/// An order larger than a table's item still raises its question, without the payload.
pub async fn a_payload_too_large_does_not_hide_the_question<L: Ledger>(ledger: &L) {
    let store = StoreId::new("items-large");
    let payload = Some("x".repeat(LARGEST_PAYLOAD + 1));
    let large = AttentionItem { payload, ..item("items-large", "1", 10) };
    ledger.raise(&large).await.unwrap();
    let expected = AttentionItem { payload: None, ..large.clone() };
    assert_eq!(ledger.attention(Some(&store), 10).await.unwrap(), [expected]);
    ledger.settle(&large.key).await.unwrap();
}
