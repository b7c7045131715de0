//! What the ledger says of the orders of the play.

use super::script::{Order, Script};
use super::tables;
use crate::local::stack::Stack;
use crate::report::Failure;
use causeway_domain::{OrderId, StoreId, Subject, Timestamp};
use causeway_ledger::dynamodb::DynamoLedger;
use causeway_ledger::{AttentionItem, Ledger as _, Row, RowKey, State};

/// The local stack's ledger.
pub struct Ledger(DynamoLedger);

impl Ledger {
    /// The ledger of a stack.
    pub async fn of(stack: &Stack) -> Result<Self, Failure> {
        let client = aws_sdk_dynamodb::Client::new(&stack.config().await);
        Ok(Self(DynamoLedger::new(client, tables(stack)?)))
    }

    /// An order's row.
    pub async fn row(&self, order: &Order) -> Result<Option<Row>, Failure> {
        let key = RowKey {
            store: StoreId::new(&order.store),
            subject: Subject::Order(OrderId::new(&order.id)).key(),
        };
        self.0.row(&key).await.map_err(Failure::new)
    }

    /// Orders that have not ended, and why.
    pub async fn open(&self, script: &Script) -> Result<Vec<String>, Failure> {
        let mut open = Vec::new();
        for order in script.nudged() {
            let of = format!("order {} of {}", order.id, order.store);
            match self.row(order).await? {
                None => open.push(format!("{of} never reached the ledger")),
                Some(row) if ended(&row, Timestamp::now()) => {}
                Some(row) => {
                    let state = format!("{:?}", row.state).to_lowercase();
                    let lost = row.state == State::Leased && row.lease_until.is_none();
                    let silent = if lost { "its lease was taken away" } else { "no reason noted" };
                    let reason = row.reason.unwrap_or_else(|| silent.to_owned());
                    open.push(format!(
                        "{of} has not ended after {} claims: {state}, {reason}",
                        row.fence
                    ));
                }
            }
        }
        Ok(open)
    }

    /// Open questions for a person.
    pub async fn attention(&self) -> Result<Vec<AttentionItem>, Failure> {
        self.0.attention(None, 1000).await.map_err(Failure::new)
    }
}

/// True if nothing more happens to it by itself soon: a row that was nudged while somebody worked on
/// it is due at once, whatever it ended as, and the sweep takes it up within a minute.
fn ended(row: &Row, now: Timestamp) -> bool {
    let due = row.due.is_some_and(|due| due <= now);
    match row.state {
        State::Done => row.seen == row.wanted,
        State::Waiting | State::Attention | State::Dead => !due,
        State::Pending | State::Leased | State::Retrying => false,
    }
}
