//! The calls that go to AWS without its SDK, against what the SDK itself sends to the same server, and
//! with the signature computed again from what has arrived.

mod server;

use causeway_aws::Clients;
use causeway_domain::ports::{Queue as _, QueueRole};
use causeway_domain::{EventId, Fault, Nudge, NudgeCause, OrderId, StoreId, Subject, Timestamp};
use causeway_ledger::dynamodb::Tables;
use causeway_ledger::{Ledger as _, LedgerError};
use serde_json::json;
use server::{Arrived, Server};
use std::time::Duration;

fn tables() -> Tables {
    Tables {
        rows: "rows".to_owned(),
        events: "events".to_owned(),
        links: "links".to_owned(),
        attention: "attention".to_owned(),
    }
}

fn nudge(order: &str) -> Nudge {
    Nudge {
        store: StoreId::new("acme"),
        subject: Subject::Order(OrderId::new(order)),
        cause: NudgeCause::Webhook,
        topic: Some("orders/create".to_owned()),
        event: None,
        occurred_at: None,
        received_at: Timestamp::UNIX_EPOCH,
    }
}

/// Ours is the SDK's: the same operation of the same service at the same place, the same arguments.
fn same(ours: &Arrived, sdk: &Arrived) {
    let call = |it: &Arrived| (it.method.clone(), it.path.clone(), it.target(), it.scope());
    assert_eq!(call(ours), call(sdk));
    assert_eq!(ours.header("content-type"), sdk.header("content-type"));
    assert_eq!(ours.json(), sdk.json());
    ours.is_signed_right();
    sdk.is_signed_right();
}

/// R62, R166. An event id is looked up and remembered as the SDK would.
#[tokio::test]
async fn event_ids_are_read_and_written_as_the_sdk_does() {
    let server = Server::start().await;
    let clients = Clients::new(&server.config());
    let ledger = clients.ledger(tables());
    let (store, event) = (StoreId::new("acme"), EventId::new("w-1 \u{e9}\"\\"));
    let pk = || aws_sdk_dynamodb::types::AttributeValue::S("acme#w-1 \u{e9}\"\\".to_owned());
    let now = Timestamp::from_second(1_800_000_000).unwrap();

    server.answers(200, json!({}));
    server.answers(200, json!({}));
    assert_eq!(ledger.event_known(&store, &event, now).await, Ok(false));
    let get = clients.dynamodb.get_item().table_name("events").key("pk", pk());
    get.consistent_read(true).send().await.unwrap();
    same(&server.next(), &server.next());

    server.answers(200, json!({}));
    server.answers(200, json!({}));
    ledger.remember_event(&store, &event, now).await.unwrap();
    let expires = aws_sdk_dynamodb::types::AttributeValue::N("1800000000".to_owned());
    let put = clients.dynamodb.put_item().table_name("events").item("pk", pk());
    put.item("expires", expires).send().await.unwrap();
    same(&server.next(), &server.next());
}

/// What has expired is not known, though the table still has it.
#[tokio::test]
async fn what_the_table_says_of_an_event_is_read_or_refused() {
    let server = Server::start().await;
    let ledger = Clients::new(&server.config()).ledger(tables());
    let (store, event) = (StoreId::new("acme"), EventId::new("w-1"));
    let now = Timestamp::from_second(1_800_000_000).unwrap();
    let item = |expires: &str| json!({"Item": {"pk": {"S": "x"}, "expires": {"N": expires}}});
    let cases = [
        (item("1800000001"), Ok(true)),
        (item("1800000000"), Ok(false)),
        (json!({"Item": {"pk": {"S": "x"}}}), Ok(false)),
    ];
    for (answer, known) in cases {
        server.answers(200, answer);
        assert_eq!(ledger.event_known(&store, &event, now).await, known);
    }
    server.answers(200, item("1.5"));
    let bad = ledger.event_known(&store, &event, now).await;
    assert!(matches!(&bad, Err(LedgerError::Corrupt(text)) if text.contains("expires")), "{bad:?}");
    // The service's message can quote the item: only its code is told.
    let kind = "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException";
    server.answers(400, json!({"__type": kind, "message": "no table for w-1"}));
    let text = ledger.event_known(&store, &event, now).await.unwrap_err().to_string();
    assert!(text.contains("DynamoDB GetItem: ResourceNotFoundException"), "{text}");
    assert!(!text.contains("w-1"), "{text}");
}

/// R62. A nudge is queued as the SDK would, delayed or not.
#[tokio::test]
async fn nudges_are_sent_as_the_sdk_does() {
    let server = Server::start().await;
    let clients = Clients::new(&server.config());
    let url = format!("{}/123456789012/orders", server.url());
    let queue = clients.queue([(QueueRole::Orders, url.clone())].into());
    let nudges = [nudge("1"), nudge("2 \u{e9}")];
    let stored = json!({"Successful": [{"Id": "0", "MessageId": "a", "MD5OfMessageBody": ""},
                                       {"Id": "1", "MessageId": "b", "MD5OfMessageBody": ""}]});
    for delay in [None, Some(600)] {
        server.answers(200, stored.clone());
        server.answers(200, stored.clone());
        let pause = Duration::from_secs(delay.unwrap_or_default());
        queue.send(QueueRole::Orders, &nudges, pause).await.unwrap();
        let entry = |at: usize| {
            aws_sdk_sqs::types::SendMessageBatchRequestEntry::builder()
                .id(at.to_string())
                .message_body(serde_json::to_string(&nudges[at]).unwrap())
                .message_group_id("acme")
                .set_delay_seconds(delay.map(|seconds| i32::try_from(seconds).unwrap()))
                .build()
                .unwrap()
        };
        let batch = clients.sqs.send_message_batch().queue_url(&url);
        batch.entries(entry(0)).entries(entry(1)).send().await.unwrap();
        same(&server.next(), &server.next());
    }
}

/// R62. Only what SQS names as stored counts as queued; what it did not take is sent again, alone.
#[tokio::test]
async fn what_sqs_did_not_take_is_sent_again_and_a_mistake_is_not() {
    let server = Server::start().await;
    let url = format!("{}/123456789012/orders", server.url());
    let queue = Clients::new(&server.config()).queue([(QueueRole::Orders, url)].into());
    let failed = |ours: bool| json!({"Id": "1", "SenderFault": ours, "Code": "InternalError"});
    server.answers(200, json!({"Successful": [{"Id": "0"}], "Failed": [failed(false)]}));
    server.answers(200, json!({"Successful": [{"Id": "1"}], "Failed": []}));
    queue.send(QueueRole::Orders, &[nudge("1"), nudge("2")], Duration::ZERO).await.unwrap();
    let sent = |arrived: Arrived| arrived.json()["Entries"].as_array().unwrap().len();
    assert_eq!((sent(server.next()), sent(server.next())), (2, 1));

    server.answers(200, json!({"Successful": [{"Id": "0"}], "Failed": [failed(true)]}));
    let sent = queue.send(QueueRole::Orders, &[nudge("1"), nudge("2")], Duration::ZERO).await;
    assert!(matches!(sent, Err(Fault::Retry { .. })), "{sent:?}");
    server.next();
    assert_eq!(server.arrived(), 0, "it is sent once");
}

/// The connection is gone, and a service that is not there is named with the call.
#[tokio::test]
async fn no_connection_is_an_error_that_names_the_call() {
    let server = Server::start().await;
    let config = server.config();
    drop(server);
    let ledger = Clients::new(&config).ledger(tables());
    let (store, event) = (StoreId::new("acme"), EventId::new("w-1"));
    let error = ledger.event_known(&store, &event, Timestamp::UNIX_EPOCH).await.unwrap_err();
    assert!(error.to_string().contains("DynamoDB GetItem: no answer"), "{error}");
}
