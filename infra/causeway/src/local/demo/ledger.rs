//! What the ledger says of the orders of the play.

use super::script::{Order, Script};
use super::tables;
use crate::aws::failure;
use crate::local::stack::Stack;
use crate::report::Failure;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_sqs::types::QueueAttributeName;
use causeway_aws::Clients;
use causeway_domain::{OrderId, StoreId, Subject, Timestamp};
use causeway_ledger::dynamodb::DynamoLedger;
use causeway_ledger::{AttentionItem, Ledger as _, Row, RowKey, State};

/// The local stack's ledger.
pub struct Ledger {
    rows: DynamoLedger,
    client: aws_sdk_dynamodb::Client,
    table: String,
    sqs: aws_sdk_sqs::Client,
    queues: Vec<String>,
}

impl Ledger {
    /// The ledger of a stack.
    pub async fn of(stack: &Stack) -> Result<Self, Failure> {
        let config = stack.config().await;
        let clients = Clients::new(&config);
        let queues = ["OrdersQueueUrl", "RefundsQueueUrl", "SettlementsQueueUrl"];
        Ok(Self {
            rows: clients.ledger(tables(stack)?),
            client: clients.dynamodb,
            table: tables(stack)?.rows,
            sqs: clients.sqs,
            queues: queues
                .iter()
                .map(|key| stack.output(key).map(str::to_owned))
                .collect::<Result<_, _>>()?,
        })
    }

    /// An order's row.
    pub async fn row(&self, order: &Order) -> Result<Option<Row>, Failure> {
        self.row_of(order, &Subject::Order(OrderId::new(&order.id))).await
    }

    /// The row of what came after an order.
    pub async fn row_after(&self, order: &Order) -> Result<Option<Row>, Failure> {
        self.row_of(order, &Subject::AfterSales(OrderId::new(&order.id))).await
    }

    async fn row_of(&self, order: &Order, subject: &Subject) -> Result<Option<Row>, Failure> {
        let key = RowKey { store: StoreId::new(&order.store), subject: subject.key() };
        self.rows.row(&key).await.map_err(Failure::new)
    }

    /// Every row of an account at a processor: its disputes and payouts.
    pub async fn rows_of(&self, account: &str) -> Result<Vec<Row>, Failure> {
        let begins = AttributeValue::S(format!("{account}#"));
        let scan = self
            .client
            .scan()
            .table_name(&self.table)
            .filter_expression("begins_with(pk, :account)")
            .expression_attribute_values(":account", begins);
        let mut items = scan.into_paginator().items().send();
        let mut found = Vec::new();
        while let Some(item) = items.next().await {
            let item = item.map_err(|error| failure("scan", &error))?;
            let key =
                item.get("pk").and_then(|key| key.as_s().ok()).and_then(|key| key.split_once('#'));
            let Some((store, subject)) = key else { continue };
            let key = RowKey { store: StoreId::new(store), subject: subject.to_owned() };
            found.extend(self.rows.row(&key).await.map_err(Failure::new)?);
        }
        Ok(found)
    }

    /// Orders that have not ended, and why.
    pub async fn open(&self, script: &Script) -> Result<Vec<String>, Failure> {
        let mut open = Vec::new();
        for order in script.nudged() {
            let of = format!("order {} of {}", order.id, order.store);
            match self.row(order).await? {
                None => open.push(format!("{of} never reached the ledger")),
                Some(row) => open.extend(unfinished(&of, row)),
            }
            let of = format!("what came after {of}");
            open.extend(self.row_after(order).await?.and_then(|row| unfinished(&of, row)));
        }
        Ok(open)
    }

    /// True if no nudge is on its way: those that are kept back for a later try have open rows.
    pub async fn quiet(&self) -> Result<bool, Failure> {
        for queue in &self.queues {
            let names = [
                QueueAttributeName::ApproximateNumberOfMessages,
                QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
            ];
            let asked = self
                .sqs
                .get_queue_attributes()
                .queue_url(queue)
                .set_attribute_names(Some(names.to_vec()))
                .send()
                .await
                .map_err(|error| failure("queue", &error))?;
            let count = |name| asked.attributes().and_then(|all| all.get(&name)).cloned();
            if names.into_iter().filter_map(count).any(|count| count != "0") {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Open questions for a person.
    pub async fn attention(&self) -> Result<Vec<AttentionItem>, Failure> {
        self.rows.attention(None, 1000).await.map_err(Failure::new)
    }
}

/// Why it has not ended, if it has not.
fn unfinished(of: &str, row: Row) -> Option<String> {
    if ended(&row) {
        return None;
    }
    let state = format!("{:?}", row.state).to_lowercase();
    let lost = row.state == State::Leased && row.lease_until.is_none();
    let silent = if lost { "its lease was taken away" } else { "no reason noted" };
    let reason = row.reason.unwrap_or_else(|| silent.to_owned());
    Some(format!("{of} has not ended after {} claims: {state}, {reason}", row.fence))
}

/// How many lines of a booked payout wait for what they are of; `None` for a row that is not booked.
pub fn awaited(row: &Row) -> Option<usize> {
    match row.state {
        State::Done => Some(0),
        State::Waiting => {
            let lines = row.reason.as_deref()?.strip_prefix("booked; ")?;
            lines.split(' ').next()?.parse().ok()
        }
        State::Attention | State::Dead | State::Pending | State::Leased | State::Retrying => None,
    }
}

/// True if nothing more happens to it by itself soon: a row that was nudged while somebody worked on
/// it is due at once, whatever it ended as, and the sweep takes it up within a minute.
pub fn ended(row: &Row) -> bool {
    let due = row.due.is_some_and(|due| due <= Timestamp::now());
    match row.state {
        State::Done => row.seen == row.wanted,
        State::Waiting | State::Attention | State::Dead => !due,
        State::Pending | State::Leased | State::Retrying => false,
    }
}
