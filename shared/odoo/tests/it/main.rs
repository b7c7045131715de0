//! The crate against recordings of a real Odoo 19.0, and against answers that are hard to provoke.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::wildcard_enum_match_arm, clippy::print_stdout, missing_docs)]

mod after_checks;
mod after_sales;
mod afterwards;
mod canary;
mod drafts;
mod live;
mod load;
mod operations;
mod player;
mod refusals;
mod scenario;
mod versions;

use causeway_odoo::{Connection, Protocol, Session, connect};
use player::Player;
use tokio::sync::OnceCell;

pub const KEY: &str = "<key>";

pub fn connection(protocol: Protocol) -> Connection {
    scenario::connection(protocol, "https://odoo.example.test/", KEY)
}

/// The session of the recorded database.
pub async fn session(protocol: Protocol) -> Session {
    static JSON2: OnceCell<Session> = OnceCell::const_new();
    static JSONRPC: OnceCell<Session> = OnceCell::const_new();
    let (known, scenario) = match protocol {
        Protocol::Json2 => (&JSON2, "connect json2"),
        Protocol::JsonRpc => (&JSONRPC, "connect jsonrpc"),
    };
    let learn = || async {
        let player = Player::of(scenario);
        let session = connect(&player, &connection(protocol)).await.unwrap();
        player.done();
        session
    };
    known.get_or_init(learn).await.clone()
}
