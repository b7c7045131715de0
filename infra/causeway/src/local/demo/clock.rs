//! Time that passes: whoever waits for something that sends no event looks again after a quarter of an
//! hour. The demo does not sit that long: the rows become due now, and the sweep, which the schedule runs
//! every minute, is run at once.

use super::tables;
use crate::aws::failure;
use crate::local::loopback::Loopback;
use crate::local::stack::Stack;
use crate::report::Failure;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use causeway_domain::Timestamp;
use serde_json::{Value, json};

/// Lets a quarter of an hour pass for all rows that wait; says how many the sweep nudged.
pub async fn quarter_of_an_hour(stack: &Stack) -> Result<u64, Failure> {
    let client = Client::new(&stack.config().await);
    let table = tables(stack)?.rows;
    let now = AttributeValue::N(Timestamp::now().as_millisecond().to_string());
    let waiting = AttributeValue::S("waiting".to_owned());
    let scan = client
        .scan()
        .table_name(&table)
        .filter_expression("#state = :waiting")
        .expression_attribute_names("#state", "state")
        .expression_attribute_values(":waiting", waiting.clone());
    let mut items = scan.into_paginator().items().send();
    while let Some(item) = items.next().await {
        let item = item.map_err(|error| failure("scan", &error))?;
        let Some(key) = item.get("pk").cloned() else { continue };
        let changed = client
            .update_item()
            .table_name(&table)
            .key("pk", key)
            .update_expression("SET #due = :now")
            .condition_expression("#state = :waiting")
            .expression_attribute_names("#state", "state")
            .expression_attribute_names("#due", "due")
            .expression_attribute_values(":now", now.clone())
            .expression_attribute_values(":waiting", waiting.clone())
            .send()
            .await;
        // Taken up in the meantime: it waits no more.
        drop(changed);
    }
    sweep(stack).await
}

/// Runs the function that the schedule runs; says how many rows it nudged.
pub async fn sweep(stack: &Stack) -> Result<u64, Failure> {
    let answer = invoke(stack, "ReconcileFunction", &json!({"task": "sweep"})).await?;
    answer
        .get("nudged")
        .and_then(Value::as_u64)
        .ok_or_else(|| Failure::new(format!("the sweep answered {answer}")))
}

/// Runs a function of the stack, by its logical id, and gives its answer.
pub async fn invoke(stack: &Stack, function: &str, event: &Value) -> Result<Value, Failure> {
    let http = Loopback::new();
    let url = format!("{}/2015-03-31/functions", stack.endpoint);
    let listed: Value = http.get(&url).await?;
    let names = listed.get("Functions").and_then(Value::as_array).into_iter().flatten();
    let name = names
        .filter_map(|function| function.get("FunctionName").and_then(Value::as_str))
        .find(|name| name.contains(function))
        .ok_or_else(|| Failure::new(format!("the stack has no {function}")))?;
    let url = format!("{}/2015-03-31/functions/{name}/invocations", stack.endpoint);
    http.post(&url, event).await
}
