//! The AWS ports against a local AWS: queues, secrets, store configurations, the batch loop's calls.

use crate::local_aws::{clients, unique};
use aws_lambda_events::event::sqs::SqsEvent;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};
use causeway_aws::sqs::DeadLetter;
use causeway_aws::{Clients, Consumer, SecretCache, SettingsTable, SystemClock};
use causeway_domain::ports::{Freshness, Queue as _, QueueRole, Secrets as _, Settings as _};
use causeway_domain::{Fault, Nudge, NudgeCause, OrderId, StoreId, Subject, Timestamp};
use causeway_ledger::Disposition;
use causeway_telemetry::MemorySink;
use serde_json::json;
use std::collections::BTreeSet;
use std::time::Duration;

fn nudge(store: &str, order: u32) -> Nudge {
    Nudge {
        store: StoreId::new(store),
        subject: Subject::Order(OrderId::new(order.to_string())),
        cause: NudgeCause::Webhook,
        topic: None,
        event: None,
        occurred_at: None,
        received_at: Timestamp::UNIX_EPOCH,
    }
}

async fn create_queue(clients: &Clients, name: &str) -> String {
    let answer = clients.sqs.create_queue().queue_name(unique(name)).send().await.unwrap();
    answer.queue_url.unwrap()
}

/// Everything that is visible in the queue.
async fn drain(clients: &Clients, url: &str) -> Vec<aws_sdk_sqs::types::Message> {
    let mut all = Vec::new();
    loop {
        let page = clients
            .sqs
            .receive_message()
            .queue_url(url)
            .max_number_of_messages(10)
            .message_attribute_names("All")
            .message_system_attribute_names(aws_sdk_sqs::types::MessageSystemAttributeName::All)
            .send()
            .await
            .unwrap();
        let messages = page.messages.unwrap_or_default();
        if messages.is_empty() {
            return all;
        }
        all.extend(messages);
    }
}

#[tokio::test]
#[ignore = "needs a local AWS at AWS_ENDPOINT_URL; `make test` starts one"]
async fn nudges_arrive_once_each_and_grouped_by_store() {
    let clients = clients().await;
    let orders = create_queue(&clients, "orders").await;
    let dead = create_queue(&clients, "dead").await;
    let urls = [(QueueRole::Orders, orders.clone()), (QueueRole::OrdersDead, dead.clone())];
    let queue = clients.queue(urls.into());

    let nudges: Vec<Nudge> = (0..23).map(|n| nudge("acme", n)).collect();
    queue.send(QueueRole::Orders, &nudges, Duration::ZERO).await.unwrap();
    queue.send(QueueRole::Orders, &[], Duration::ZERO).await.unwrap();
    let delayed = nudge("acme", 99);
    queue.send(QueueRole::Orders, &[delayed], Duration::from_secs(600)).await.unwrap();

    let received = drain(&clients, &orders).await;
    assert_eq!(received.len(), 23, "the delayed one is not visible yet");
    let subjects: BTreeSet<String> = received
        .iter()
        .map(|message| {
            let nudge: Nudge = serde_json::from_str(message.body().unwrap()).unwrap();
            nudge.subject.key()
        })
        .collect();
    assert_eq!(subjects.len(), 23);

    // A pause of zero gives a message back at once.
    let handles: Vec<(String, Duration)> = received
        .iter()
        .take(12)
        .map(|message| (message.receipt_handle().unwrap().to_owned(), Duration::ZERO))
        .collect();
    queue.change_visibility(QueueRole::Orders, &handles).await.unwrap();
    assert_eq!(drain(&clients, &orders).await.len(), 12);

    let letters: Vec<DeadLetter> = (0..11)
        .map(|n| DeadLetter {
            message_id: format!("m{n}"),
            body: "not a nudge".to_owned(),
            group: None,
            reason: String::new(),
        })
        .collect();
    queue.send_dead(QueueRole::OrdersDead, &letters).await.unwrap();
    let buried = drain(&clients, &dead).await;
    assert_eq!(buried.len(), 11);
    let attributes = buried[0].message_attributes().unwrap();
    assert_eq!(attributes["Reason"].string_value(), Some("-"));
    assert!(attributes["SourceMessageId"].string_value().unwrap().starts_with('m'));
}

#[tokio::test]
#[ignore = "needs a local AWS at AWS_ENDPOINT_URL; `make test` starts one"]
async fn a_queue_that_is_gone_is_a_retry() {
    let clients = clients().await;
    let url = create_queue(&clients, "gone").await;
    clients.sqs.delete_queue().queue_url(&url).send().await.unwrap();
    let queue = clients.queue([(QueueRole::Orders, url)].into());
    let error = queue.send(QueueRole::Orders, &[nudge("acme", 1)], Duration::ZERO).await;
    assert!(matches!(error, Err(Fault::Retry { .. })), "{error:?}");
    let error = queue.send(QueueRole::OrdersDead, &[nudge("acme", 1)], Duration::ZERO).await;
    assert!(matches!(error, Err(Fault::Retry { .. })), "{error:?}");
}

#[tokio::test]
#[ignore = "needs a local AWS at AWS_ENDPOINT_URL; `make test` starts one"]
async fn secrets_come_with_the_version_before_and_missing_ones_are_named() {
    let clients = clients().await;
    let name = unique("causeway/acme/webhook");
    let cache = SecretCache::new(clients.secrets.clone(), SystemClock);
    let Err(Fault::Wait { key, cause }) = cache.get(&name, Freshness::Cached).await else {
        panic!("a missing secret is waited for")
    };
    assert_eq!(key.as_str(), format!("credentials:{name}"));
    assert!(cause.contains(&name));

    clients.secrets.create_secret().name(&name).secret_string("first").send().await.unwrap();
    let cache = SecretCache::new(clients.secrets.clone(), SystemClock);
    let pair = cache.get(&name, Freshness::Cached).await.unwrap();
    assert_eq!((pair.current.reveal(), pair.previous.is_none()), ("first", true));

    clients
        .secrets
        .put_secret_value()
        .secret_id(&name)
        .secret_string("second")
        .send()
        .await
        .unwrap();
    let pair = cache.get(&name, Freshness::Cached).await.unwrap();
    assert_eq!(pair.current.reveal(), "first", "cached");
    let pair = cache.get(&name, Freshness::Refetch).await.unwrap();
    assert_eq!(pair.current.reveal(), "second");
    assert_eq!(pair.previous.unwrap().reveal(), "first");
    clients
        .secrets
        .put_secret_value()
        .secret_id(&name)
        .secret_string("third")
        .send()
        .await
        .unwrap();
    let pair = cache.get(&name, Freshness::Refetch).await.unwrap();
    assert_eq!(pair.current.reveal(), "second", "fetched a moment ago");
}

#[tokio::test]
#[ignore = "needs a local AWS at AWS_ENDPOINT_URL; `make test` starts one"]
async fn pushed_configurations_are_read_and_versioned() {
    let clients = clients().await;
    let table = unique("stores");
    let attribute = AttributeDefinition::builder()
        .attribute_name("store")
        .attribute_type(ScalarAttributeType::S)
        .build();
    let key = KeySchemaElement::builder().attribute_name("store").key_type(KeyType::Hash).build();
    clients
        .dynamodb
        .create_table()
        .table_name(&table)
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(attribute.unwrap())
        .key_schema(key.unwrap())
        .send()
        .await
        .unwrap();
    let settings = || SettingsTable::new(clients.dynamodb.clone(), table.clone(), SystemClock);
    let (acme, other) = (StoreId::new("acme"), StoreId::new("other"));
    let pushing = settings();
    assert_eq!(pushing.push(&acme, "{\"a\":1}").await.unwrap(), 1);
    assert_eq!(pushing.push(&acme, "{\"a\":2}").await.unwrap(), 2);
    let reading = settings();
    assert_eq!(reading.store(&acme).await.unwrap().as_deref(), Some("{\"a\":2}"));
    assert_eq!(reading.store(&other).await.unwrap(), None);
    pushing.push(&acme, "{\"a\":3}").await.unwrap();
    assert_eq!(reading.store(&acme).await.unwrap().as_deref(), Some("{\"a\":2}"), "cached");
    assert_eq!(settings().store(&acme).await.unwrap().as_deref(), Some("{\"a\":3}"));
    let large = "x".repeat(400_000);
    assert!(matches!(pushing.push(&acme, &large).await, Err(Fault::Reject { .. })));
}

/// Received messages as Lambda hands them over.
fn event(messages: &[aws_sdk_sqs::types::Message]) -> SqsEvent {
    let records: Vec<_> = messages
        .iter()
        .map(|message| {
            json!({
                "messageId": message.message_id(),
                "receiptHandle": message.receipt_handle(),
                "body": message.body(),
                "attributes": {
                    "ApproximateReceiveCount": "1",
                    "SentTimestamp": Timestamp::now().as_millisecond().to_string(),
                },
            })
        })
        .collect();
    serde_json::from_value(json!({ "Records": records })).unwrap()
}

/// R58, R297. One bad body, one given up, one given back at once, one hidden, one done: each ends in its place.
#[tokio::test]
#[ignore = "needs a local AWS at AWS_ENDPOINT_URL; `make test` starts one"]
async fn every_message_of_a_batch_ends_where_its_disposition_says() {
    let clients = clients().await;
    let orders = create_queue(&clients, "batch").await;
    let dead = create_queue(&clients, "batch-dead").await;
    let urls = [(QueueRole::Orders, orders.clone()), (QueueRole::OrdersDead, dead.clone())];
    let queue = clients.queue(urls.into());
    let consumer = Consumer::new(queue.clone(), QueueRole::Orders, QueueRole::OrdersDead);
    let nudges: Vec<Nudge> = (1..=4).map(|n| nudge("acme", n)).collect();
    queue.send(QueueRole::Orders, &nudges, Duration::ZERO).await.unwrap();
    clients.sqs.send_message().queue_url(&orders).message_body("{").send().await.unwrap();
    let messages = drain(&clients, &orders).await;
    assert_eq!(messages.len(), 5);

    let flow = |batch: Vec<causeway_ledger::Received>, deadline: Timestamp| async move {
        assert_eq!(deadline, Timestamp::MAX);
        let by_order =
            |received: &causeway_ledger::Received| match received.nudge.subject.key().as_str() {
                "order/1" => Disposition::Done,
                "order/2" => Disposition::RetryAfter(Duration::ZERO),
                "order/3" => Disposition::RetryAfter(Duration::from_secs(3600)),
                _ => Disposition::ToDeadLetter("used up".to_owned()),
            };
        batch.iter().map(by_order).collect::<Vec<_>>()
    };
    let sink = MemorySink::default();
    let response = consumer.handle(&sink, "test", &flow, event(&messages), Timestamp::MAX).await;
    assert_eq!(response.batch_item_failures.len(), 2);
    // What is not reported as failed, Lambda deletes.
    for message in &messages {
        let id = message.message_id().unwrap();
        if !response.batch_item_failures.iter().any(|failed| failed.item_identifier == id) {
            let handle = message.receipt_handle().unwrap();
            let delete = clients.sqs.delete_message().queue_url(&orders).receipt_handle(handle);
            delete.send().await.unwrap();
        }
    }
    let back = drain(&clients, &orders).await;
    assert_eq!(back.len(), 1, "only the one that was given back at once is visible");
    assert!(back[0].body().unwrap().contains("\"id\":\"2\""));
    let buried: BTreeSet<String> = drain(&clients, &dead)
        .await
        .iter()
        .map(|letter| {
            let attributes = letter.message_attributes().unwrap();
            attributes["Reason"].string_value().unwrap().to_owned()
        })
        .collect();
    let reasons = ["the body is not a nudge of this version", "used up"].map(str::to_owned);
    assert_eq!(buried, reasons.into());
    let lines = sink.lines();
    assert_eq!(lines.iter().filter(|line| line.contains("\"status\":\"dead\"")).count(), 1);
    assert_eq!(lines.iter().filter(|line| line.contains("QueueAge")).count(), 1);
}

fn bug() -> Vec<Disposition> {
    panic!("a bug in the use case")
}

/// R58. A panic in the use case costs a pause, not the messages; a dead-letter queue that is gone neither.
#[tokio::test]
#[ignore = "needs a local AWS at AWS_ENDPOINT_URL; `make test` starts one"]
async fn nothing_is_deleted_when_the_use_case_or_the_dead_letter_queue_fails() {
    let clients = clients().await;
    let orders = create_queue(&clients, "panic").await;
    let dead = create_queue(&clients, "panic-dead").await;
    clients.sqs.delete_queue().queue_url(&dead).send().await.unwrap();
    let urls = [(QueueRole::Orders, orders.clone()), (QueueRole::OrdersDead, dead)];
    let queue = clients.queue(urls.into());
    let consumer = Consumer::new(queue.clone(), QueueRole::Orders, QueueRole::OrdersDead);
    let nudges: Vec<Nudge> = (1..=3).map(|n| nudge("acme", n)).collect();
    queue.send(QueueRole::Orders, &nudges, Duration::ZERO).await.unwrap();
    let messages = drain(&clients, &orders).await;
    let sink = MemorySink::default();

    let panics = |_: Vec<causeway_ledger::Received>, _: Timestamp| async move { bug() };
    let response = consumer.handle(&sink, "test", &panics, event(&messages), Timestamp::MAX).await;
    assert_eq!(response.batch_item_failures.len(), 3);
    let gives_up = |batch: Vec<causeway_ledger::Received>, _: Timestamp| async move {
        vec![Disposition::ToDeadLetter("used up".to_owned()); batch.len()]
    };
    let response =
        consumer.handle(&sink, "test", &gives_up, event(&messages), Timestamp::MAX).await;
    assert_eq!(response.batch_item_failures.len(), 3);
    let silent = |_: Vec<causeway_ledger::Received>, _: Timestamp| async move { Vec::new() };
    let response = consumer.handle(&sink, "test", &silent, event(&messages), Timestamp::MAX).await;
    assert_eq!(response.batch_item_failures.len(), 3);
}
