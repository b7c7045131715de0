//! Every operation over both protocols, as recorded (R4: JSON-2 and JSON-RPC do the same).

use crate::player::Player;
use crate::scenario::{self, Life, Lookups, life, lookups, placed, without_save_multi};
use crate::{connection, session};
use causeway_domain::{CountryCode, Decimal, Sku};
use causeway_odoo::{Odoo, OrderState, Protocol, Session};

async fn play_life(protocol: Protocol, session: &Session, scenario: &str, batch: &str) -> Life {
    let player = Player::of(scenario);
    let connection = connection(protocol);
    let odoo = Odoo { http: &player, connection: &connection, session };
    let life = life(odoo, batch).await.unwrap();
    player.done();
    life
}

pub fn check(life: &Life, batch: &str) {
    assert_eq!(life.born, life.replayed, "a replay with other values changes nothing");
    let ids: Vec<i64> = life.born.iter().map(|one| *one.as_ref().unwrap()).collect();
    let [(id, cleared)] = life.cleared.iter().collect::<Vec<_>>()[..] else {
        panic!("{:?}", life.cleared)
    };
    assert_eq!(
        (*id, cleared.fiscal_position),
        (ids[2], None),
        "taken away from the last one alone"
    );
    assert_eq!((cleared.state.clone(), cleared.total.minor()), (OrderState::Draft, 1210));
    assert!(life.confirmed.is_empty());
    assert!(
        life.confirmed_again.is_empty(),
        "already confirmed is success: {:?}",
        life.confirmed_again
    );
    assert_eq!(life.dated.keys().copied().collect::<Vec<_>>(), ids, "the deleted one is absent");
    for (at, order) in life.dated.values().enumerate() {
        assert_eq!(order.client_order_ref.as_deref(), Some(format!("{batch}-{at}").as_str()));
        assert_eq!(order.state, OrderState::Sale);
        assert_eq!(order.date_order, placed(), "confirming overwrote it, and it was put back");
        assert_eq!(order.total.to_string(), "12.10 EUR");
        assert_eq!((order.untaxed.minor(), order.tax.minor()), (1000, 210), "pinned");
        let position = if order.id == ids[2] { None } else { Some(15) };
        assert_eq!(order.fiscal_position, position, "neither confirming nor dating changes it");
    }
    let [line] = life.lines.as_slice() else { panic!("{:?}", life.lines) };
    assert_eq!((line.quantity, line.price_unit), (Decimal::from(3), Decimal::new(333, 2)));
    assert_eq!((line.subtotal.minor(), line.total.minor()), (1000, 1210));
    assert_eq!(line.taxes, [scenario::VAT_21]);

    let after = life.after.get(&ids[0]).unwrap();
    assert_eq!(life.after.len(), 1);
    assert_eq!(
        (after.untaxed.minor(), after.tax.minor()),
        (1334, 281),
        "re-pinned, and one line zeroed"
    );
    assert_eq!(life.lines_after.len(), 2);
    assert!(life.lines_after[1].quantity.is_zero());
}

#[tokio::test]
async fn an_order_lives_over_json2() {
    let session = session(Protocol::Json2).await;
    check(&play_life(Protocol::Json2, &session, "life json2", "rec3-life").await, "rec3-life");
}

#[tokio::test]
async fn an_order_lives_over_jsonrpc() {
    let session = session(Protocol::JsonRpc).await;
    check(
        &play_life(Protocol::JsonRpc, &session, "life jsonrpc", "rec3-legacy").await,
        "rec3-legacy",
    );
}

/// 17 and 18 have no `web_save_multi`: the date goes back by a narrow load.
#[tokio::test]
async fn an_order_lives_without_save_multi() {
    let session = without_save_multi(&session(Protocol::JsonRpc).await);
    let life = play_life(Protocol::JsonRpc, &session, "life 18", "rec3-eighteen").await;
    check(&life, "rec3-eighteen");
}

fn check_lookups(found: &Lookups) {
    let country = |code: &str| CountryCode::parse(code).unwrap();
    let id = *found.born[0].as_ref().unwrap();
    assert_eq!(found.by_email.iter().map(|p| p.id).collect::<Vec<_>>(), [id]);
    assert!(found.by_vat.iter().any(|p| p.id == id && p.vat.as_deref() == Some("BE0477472701")));
    let [contact] = found.contacts.as_slice() else { panic!("{:?}", found.contacts) };
    assert_eq!((contact.parent, contact.kind.as_str()), (id, "delivery"));
    assert_eq!(contact.street.reveal(), "5 Main Street");
    assert_eq!(contact.street2.reveal(), "");
    assert_eq!(contact.country_code.as_deref(), Some("US"));
    assert_eq!(contact.state_code.as_deref(), Some("NY"));
    assert_eq!(found.countries.len(), 2);
    let state = |code: &str, text: &str| found.states.get(&(country(code), text.to_owned()));
    assert_eq!(state("US", "ny"), state("US", "New  York"), "by code or by name");
    assert!(state("US", "ny").is_some() && state("CA", "ON").is_some());
    assert_eq!(state("US", "Ontario"), None, "never a state of another country");
    let product = |sku: &str| found.products.get(&Sku::from(sku)).map(|list| list[0].active);
    assert_eq!(product("SKU-A"), Some(true));
    assert_eq!(product("SKU-OLD"), Some(false), "archived, but named");
    assert_eq!(product("NOPE"), None);
    assert!(!format!("{found:?}").contains("Claes"), "Debug shows no personal data");
    assert!(!format!("{found:?}").contains("toon.claes"));
}

#[tokio::test]
async fn lookups_over_both_protocols() {
    for (protocol, scenario) in
        [(Protocol::Json2, "lookups json2"), (Protocol::JsonRpc, "lookups jsonrpc")]
    {
        let session = session(protocol).await;
        let player = Player::of(scenario);
        let connection = connection(protocol);
        let found =
            lookups(Odoo { http: &player, connection: &connection, session: &session }).await;
        check_lookups(&found.unwrap());
        player.done();
    }
}

#[tokio::test]
async fn the_session_knows_taxes_currencies_and_decimals() {
    let session = session(Protocol::Json2).await;
    assert_eq!(session.version.to_string(), "19.0");
    assert!(session.pins && session.uid.is_none());
    assert_eq!(
        (session.price_decimals, session.discount_decimals, session.quantity_decimals),
        (2, 2, 2)
    );
    assert_eq!(session.currencies["JPY"].decimals, 0);
    assert_eq!(session.currencies["CLF"].decimals, 4, "archived ones too");
    let tax = &session.taxes[&scenario::VAT_21];
    assert_eq!((tax.amount, tax.price_include, tax.company), (Decimal::from(21), false, 1));
    assert!(tax.fiscal_positions.contains(&15));
    assert!(session.taxes.values().any(|tax| !tax.active), "archived ones too");
    assert!(session.taxes.values().any(|tax| !tax.original_taxes.is_empty()));
}

#[tokio::test]
async fn the_key_never_shows() {
    let mut connection = connection(Protocol::Json2);
    connection.api_key = causeway_domain::Secret::new("0123456789abcdef");
    assert!(!format!("{connection:?}").contains("0123456789abcdef"));
}
