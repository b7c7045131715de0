//! Queues, who works them and for how long, and what watches them.

use super::*;

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
fn the_errors_of_every_function_and_of_our_own_metric_are_watched() {
    let template = Template::read();
    let alarms = template.of_type("AWS::CloudWatch::Alarm");
    for (folder, (name, _)) in template.functions() {
        let watched = alarms.values().any(|alarm| {
            text(alarm, "MetricName") == "Errors" && dimension(alarm, "FunctionName") == Some(name)
        });
        assert!(watched, "{folder}");
    }
    let ours = alarms.values().find(|a| text(a, "Namespace") == causeway_telemetry::NAMESPACE);
    let operation = dimension(ours.unwrap(), "operation").unwrap();
    // `order.project`: the part before the dot is cut by resource_name, the sources hold the whole.
    assert_eq!(operation, "order");
    assert!(sources("shared/flows/src/project").contains("\"order.project\""));
}
