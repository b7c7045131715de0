//! Queues, who works them and for how long, and what watches them.

use super::*;
use causeway_telemetry::{MemorySink, Metric, Metrics, NAMESPACE, Timestamp, emit_metrics};

#[test]
fn a_message_stays_invisible_for_six_timeouts_and_the_window() {
    let template = Template::read();
    let queues = template.of_type("AWS::SQS::Queue");
    let mut seen = 0;
    for (folder, (_, function)) in template.functions() {
        for event in template.queue_events(function) {
            seen += 1;
            let queue = queues[resource_name(&event["Queue"])];
            let least =
                6 * number(function, "Timeout") + number(event, "MaximumBatchingWindowInSeconds");
            assert!(number(queue, "VisibilityTimeout") >= least, "{folder}: at least {least}");
            let types = list(&event["FunctionResponseTypes"]);
            assert!(
                types.iter().any(|t| t.as_str() == Some("ReportBatchItemFailures")),
                "{folder}"
            );
            assert_eq!(number(event, "BatchSize"), 10);
            // A parameter would arrive as text on local AWS, which then polls nothing.
            let workers = at(event, "ScalingConfig/MaximumConcurrency").unwrap();
            assert_eq!(list(workers)[0].as_str(), Some("Concurrency"), "{folder}");
        }
    }
    assert!(seen > 0);
}

#[test]
fn every_number_of_workers_that_is_allowed_has_its_mapping() {
    let template = Template::read();
    let allowed = list(at(&template.whole, "Parameters/OdooWorkers/AllowedValues").unwrap());
    let mapped = at(&template.whole, "Mappings/Concurrency").unwrap();
    assert_eq!(allowed.len(), mapped.as_mapping().unwrap().len());
    for workers in allowed {
        let workers = workers.as_u64().unwrap();
        assert_eq!(number(mapped, &format!("{workers}/Orders")), workers);
    }
}

#[test]
fn a_lease_outlives_the_function_that_holds_it() {
    let template = Template::read();
    for worker in ["order-projection", "refund-handler"] {
        let timeout = number(template.functions()[worker].1, "Timeout");
        assert!(causeway_flows::work::LEASE.as_secs() > timeout, "{worker}");
    }
}

#[test]
fn every_queue_has_dead_letters_with_an_alarm() {
    let template = Template::read();
    let queues = template.of_type("AWS::SQS::Queue");
    let target = |queue: &Value| -> Option<String> {
        at(queue, "RedrivePolicy/deadLetterTargetArn").map(|arn| resource_name(arn).to_owned())
    };
    let dead: BTreeSet<String> = queues.values().filter_map(|queue| target(queue)).collect();
    assert!(!dead.is_empty());
    for (name, queue) in &queues {
        assert_eq!(
            at(queue, "SqsManagedSseEnabled").and_then(Value::as_bool),
            Some(true),
            "{name}"
        );
        if !dead.contains(*name) {
            let target = target(queue).unwrap_or_else(|| panic!("{name} has no dead letters"));
            let kept = |queue: &Value| number(queue, "MessageRetentionPeriod");
            // A dead letter keeps the age that it has.
            assert!(kept(queues[target.as_str()]) > kept(queue), "{target}");
            assert_eq!(number(queue, "RedrivePolicy/maxReceiveCount"), 20);
        }
    }
    for queue in dead {
        let watched = template.of_type("AWS::CloudWatch::Alarm").values().any(|alarm| {
            text(alarm, "MetricName") == "ApproximateNumberOfMessagesVisible"
                && number(alarm, "Threshold") == 0
                && dimension(alarm, "QueueName") == Some(queue.as_str())
        });
        assert!(watched, "nobody watches {queue}");
    }
}

fn dimension<'a>(alarm: &'a Value, name: &str) -> Option<&'a str> {
    let dimensions = list(&alarm["Dimensions"]);
    let found = dimensions.into_iter().find(|dimension| text(dimension, "Name") == name)?;
    Some(resource_name(&found["Value"]))
}

#[test]
fn an_old_message_is_told_of_before_its_queue_forgets_it() {
    let template = Template::read();
    let alarms = template.of_type("AWS::CloudWatch::Alarm");
    for (folder, (_, function)) in template.functions() {
        for event in template.queue_events(function) {
            let name = resource_name(&event["Queue"]);
            let kept = number(template.of_type("AWS::SQS::Queue")[name], "MessageRetentionPeriod");
            let watched = alarms.values().any(|alarm| {
                text(alarm, "MetricName") == "ApproximateAgeOfOldestMessage"
                    && dimension(alarm, "QueueName") == Some(name)
                    && number(alarm, "Threshold") < kept
            });
            assert!(watched, "{folder}: nobody watches the age of {name}");
        }
    }
}

#[test]
fn the_errors_of_every_function_are_watched() {
    let template = Template::read();
    let alarms = template.of_type("AWS::CloudWatch::Alarm");
    for (folder, (name, _)) in template.functions() {
        let watched = alarms.values().any(|alarm| {
            text(alarm, "MetricName") == "Errors" && dimension(alarm, "FunctionName") == Some(name)
        });
        assert!(watched, "{folder}");
    }
    for (name, alarm) in alarms {
        assert_eq!(text(alarm, "TreatMissingData"), "notBreaching", "{name}");
        let told = list(&alarm["AlarmActions"]);
        assert!(told.iter().any(|to| to.as_str() == Some("HasAlarmTopic")), "{name} tells nobody");
    }
}

/// Every text in quotes that follows `before`.
fn quoted_after(code: &str, before: &str) -> BTreeSet<String> {
    let rests = code.split(before).skip(1);
    rests.filter_map(|rest| rest.split_once('"')).map(|(text, _)| text.to_owned()).collect()
}

/// The name under which CloudWatch has a metric.
fn name_of(metric: Metric) -> String {
    let sink = MemorySink::default();
    let values = [metric];
    let metrics = Metrics { operation: "", store: None, platform: None, values: &values };
    emit_metrics(&sink, Timestamp::UNIX_EPOCH, &metrics);
    let line: serde_json::Value = serde_json::from_str(&sink.lines()[0]).unwrap();
    let described = &line["_aws"]["CloudWatchMetrics"][0]["Metrics"][0]["Name"];
    described.as_str().unwrap().to_owned()
}

/// What the code measures that somebody has to be told of, as operation and metric. `it::told` sees each
/// of them measured.
fn told_of() -> BTreeSet<(String, String)> {
    let code = sources("shared/flows/src");
    let workers = quoted_after(&code, "constOPERATION:&'staticstr=\"");
    let looks = quoted_after(&code, "looks.one(world,(\"");
    let others = quoted_after(&code, "Metrics{operation:\"");
    assert!(!workers.is_empty() && !looks.is_empty() && !others.is_empty());
    let failures = name_of(Metric::Failures(1));
    let mut told: BTreeSet<(String, String)> = [workers, looks, others]
        .into_iter()
        .flatten()
        .map(|operation| (operation, failures.clone()))
        .collect();
    let ask = sources("shared/flows/src/work/ask.rs");
    let metrics =
        [("ASK", Metric::Raised(1)), ("WAIT", Metric::Waiting(std::time::Duration::ZERO))];
    for (constant, metric) in metrics {
        let operation = quoted_after(&ask, &format!("const{constant}:&str=\"")).pop_first();
        told.insert((operation.unwrap(), name_of(metric)));
    }
    told
}

#[test]
fn every_failure_question_and_wait_has_an_alarm_and_every_alarm_its_metric() {
    let template = Template::read();
    let alarms = template.of_type("AWS::CloudWatch::Alarm");
    let ours = alarms.values().filter(|alarm| text(alarm, "Namespace") == NAMESPACE);
    let watched: BTreeSet<(String, String)> = ours
        .map(|alarm| {
            let dimensions = list(&alarm["Dimensions"]);
            let [dimension] = dimensions.as_slice() else { panic!("{alarm:?}") };
            assert_eq!(text(dimension, "Name"), "operation");
            (text(dimension, "Value").to_owned(), text(alarm, "MetricName").to_owned())
        })
        .collect();
    assert_eq!(watched, told_of(), "watched on the left, measured on the right");
}

/// A question that is raised past [`causeway_flows`]' one place for it would not be counted.
#[test]
fn questions_are_raised_in_one_place() {
    let raised = |folder: &str| sources(folder).matches("ledger().raise(").count();
    assert_eq!((raised("shared/flows/src"), raised("shared/flows/src/work/ask.rs")), (1, 1));
}

/// Whoever is woken by an alarm finds it in the page for that, and the page tells of none that is gone.
#[test]
fn every_alarm_has_its_row_in_the_operations_page() {
    let page = std::fs::read_to_string(root().join("infra/OPERATIONS.md")).unwrap();
    let rows = page.lines().filter(|line| line.starts_with("| `") && line.contains("Alarm`"));
    let told: BTreeSet<String> = rows
        .flat_map(|row| row.split('|').nth(1).unwrap().split(','))
        .map(|name| name.trim().trim_matches('`').to_owned())
        .collect();
    let template = Template::read();
    let alarms = template.of_type("AWS::CloudWatch::Alarm");
    let alarms: BTreeSet<String> = alarms.into_keys().map(str::to_owned).collect();
    assert_eq!(told, alarms);
    let logs = template.of_type("AWS::Logs::LogGroup");
    let named = page.match_indices("`says ").map(|(at, _)| &page[at + 6..]);
    let named = named.filter_map(|rest| rest.split(' ').next());
    let missing: Vec<&str> = named.filter(|name| !logs.contains_key(name)).collect();
    assert!(missing.is_empty(), "no such log group: {missing:?}");
}
