//! Payouts of payment processors: a batch from the settlements queue is booked; files that have arrived in
//! the bucket and, on a schedule (`{"task": "poll"}`), payouts that the processors list are put on it.

// The futures of a whole run are nested deeper than the compiler follows by itself.
#![recursion_limit = "256"]

use aws_lambda_events::event::sqs::SqsEvent;
use causeway_aws::{Consumer, deadline};
use causeway_domain::Timestamp;
use causeway_domain::ports::QueueRole;
use causeway_flows::Wired;
use causeway_flows::settlement::{arrived, import, poll};
use causeway_ledger::Received;
use causeway_telemetry::StdoutSink;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    causeway_telemetry::init();
    causeway_telemetry::install_panic_hook();
    let ports = causeway_aws::ports().await?;
    let files = causeway_aws::Bucket::from_env().await?;
    let consumer =
        Consumer::new(ports.queue.clone(), QueueRole::Settlements, QueueRole::SettlementsDead);
    let world = Wired::new(ports, StdoutSink, causeway_aws::random);
    let (world, files, consumer) = (&world, &files, &consumer);
    lambda_runtime::run(service_fn(move |event: LambdaEvent<Value>| async move {
        // A fault goes back to Lambda, which tries twice more and tells the alarm; to ask or to nudge once
        // more changes nothing.
        if event.payload.get("task").and_then(Value::as_str) == Some("poll") {
            return Ok::<Value, Error>(json!({ "nudged": poll(world).await? }));
        }
        let keys = keys(&event.payload);
        if !keys.is_empty() {
            return Ok(json!({ "nudged": arrived(world, &keys).await? }));
        }
        let deadline = deadline(&event.context);
        let batch: SqsEvent = serde_json::from_value(event.payload)?;
        let flow = |messages: Vec<Received>, deadline: Timestamp| async move {
            import(world, files, &messages, deadline).await
        };
        let answer = consumer.handle(&StdoutSink, "settlement.import", &flow, batch, deadline);
        Ok(serde_json::to_value(answer.await)?)
    }))
    .await
}

/// The keys of the objects that an event of S3 tells of; none for another event. S3 writes them as a
/// form does: a plus for a blank.
fn keys(event: &Value) -> Vec<String> {
    let records = event.get("Records").and_then(Value::as_array).map(Vec::as_slice);
    let key = |record: &Value| {
        let key = record.pointer("/s3/object/key")?.as_str()?.replace('+', " ");
        percent_decode_str(&key).decode_utf8().ok().map(|key| key.into_owned())
    };
    records.unwrap_or_default().iter().filter_map(key).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_as_s3_writes_them() {
        let event = json!({"Records": [
            {"eventSource": "aws:s3", "s3": {"object": {"key": "stripe-eu/a+b%2Bc.csv"}}},
            {"eventSource": "aws:sqs", "body": "{}"},
        ]});
        assert_eq!(keys(&event), ["stripe-eu/a b+c.csv"]);
        assert!(keys(&json!({"Records": [{"eventSource": "aws:sqs"}]})).is_empty());
    }
}
