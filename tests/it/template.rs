//! template.yaml and the code say the same: functions, variables, permissions, queues, tables. R-numbers
//! are not named here: this file holds the ground that all of them stand on.
//!
//! Least privilege is checked in both directions. Which ledger operations a function performs is read
//! from the sources of its use case; what each needs from AWS stands in [`LEDGER_NEEDS`].

use serde_norway::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

/// A value without its CloudFormation tag (`!Ref x` becomes `x`).
fn bare(value: &Value) -> &Value {
    match value {
        Value::Tagged(tagged) => bare(&tagged.value),
        other => other,
    }
}

fn at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('/').try_fold(value, |value, key| bare(value).get(key)).map(bare)
}

fn text<'a>(value: &'a Value, path: &str) -> &'a str {
    at(value, path)
        .and_then(Value::as_str)
        .unwrap_or_else(|| panic!("no text at {path}: {value:?}"))
}

fn number(value: &Value, path: &str) -> u64 {
    at(value, path).and_then(Value::as_u64).unwrap_or_else(|| panic!("no number at {path}"))
}

fn list(value: &Value) -> Vec<&Value> {
    match bare(value) {
        Value::Sequence(items) => items.iter().collect(),
        one => vec![one],
    }
}

/// `OrdersQueue.Arn` and `OrdersQueue` both name the resource OrdersQueue.
fn resource_name(reference: &Value) -> &str {
    bare(reference).as_str().unwrap().split('.').next().unwrap()
}

struct Template {
    whole: Value,
}

impl Template {
    fn read() -> Self {
        let text = std::fs::read_to_string(root().join("template.yaml")).unwrap();
        Self { whole: serde_norway::from_str(&text).unwrap() }
    }

    fn of_type(&self, kind: &str) -> BTreeMap<&str, &Value> {
        let resources = at(&self.whole, "Resources").and_then(Value::as_mapping).unwrap();
        resources
            .iter()
            .filter(|(_, resource)| text(resource, "Type") == kind)
            .map(|(name, resource)| (name.as_str().unwrap(), bare(&resource["Properties"])))
            .collect()
    }

    /// Functions by their folder's name.
    fn functions(&self) -> BTreeMap<String, (&str, &Value)> {
        self.of_type("AWS::Serverless::Function")
            .into_iter()
            .map(|(name, properties)| {
                let code = text(properties, "CodeUri");
                let folder = code.strip_prefix("target/lambda/").unwrap().trim_end_matches('/');
                (folder.to_owned(), (name, properties))
            })
            .collect()
    }

    fn queue_events<'a>(&self, function: &'a Value) -> Vec<&'a Value> {
        let Some(events) = at(function, "Events").and_then(Value::as_mapping) else {
            return vec![];
        };
        let queues = events.values().filter(|event| text(event, "Type") == "SQS");
        queues.map(|event| bare(&event["Properties"])).collect()
    }

    /// The statements of a function's role.
    fn statements(&self, folder: &str) -> Vec<&Value> {
        let functions = self.functions();
        let role = resource_name(&functions[folder].1["Role"]);
        self.role_statements(role)
    }

    fn role_statements(&self, role: &str) -> Vec<&Value> {
        let roles = self.of_type("AWS::IAM::Role");
        let policies = list(&roles[role]["Policies"]);
        policies
            .into_iter()
            .flat_map(|policy| list(at(policy, "PolicyDocument/Statement").unwrap()))
            .collect()
    }

    /// `(resource, action)` of a function's role: `("RowsTable", "dynamodb:GetItem")`.
    fn grants(&self, folder: &str) -> BTreeSet<(String, String)> {
        let mut grants = BTreeSet::new();
        for statement in self.statements(folder) {
            assert_eq!(text(statement, "Effect"), "Allow");
            for resource in list(&statement["Resource"]) {
                for action in list(&statement["Action"]) {
                    let resource = resource.as_str().unwrap();
                    // `${RowsTable.Arn}/index/due-index` and `RowsTable.Arn`.
                    let name = resource.trim_start_matches("${").split('.').next().unwrap();
                    let name = if resource.contains("/index/") {
                        format!("{name}/{}", resource.rsplit('/').next().unwrap())
                    } else if resource.contains(":secretsmanager:") {
                        "secrets".to_owned()
                    } else if resource.contains(":s3:::") {
                        "files".to_owned()
                    } else {
                        name.to_owned()
                    };
                    grants.insert((name, action.as_str().unwrap().to_owned()));
                }
            }
        }
        grants
    }
}

/// All Rust sources below a folder of the repository, without blanks and line breaks.
fn sources(folder: &str) -> String {
    let mut found = String::new();
    let mut open = vec![root().join(folder)];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            found.extend(text.chars().filter(|c| !c.is_whitespace()));
        }
    }
    assert!(!found.is_empty(), "no sources in {folder}");
    found
}

/// Every word that follows `before` in the text, up to the first other character.
fn words_after(text: &str, before: &str) -> BTreeSet<String> {
    text.match_indices(before)
        .map(|(start, _)| {
            let rest = &text[start + before.len()..];
            rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect()
        })
        .collect()
}

/// What each operation of the ledger's port does to which table.
const LEDGER_NEEDS: &[(&str, &str, &str)] = &[
    ("nudge", "RowsTable", "dynamodb:UpdateItem"),
    ("claim", "RowsTable", "dynamodb:UpdateItem"),
    ("intent", "RowsTable", "dynamodb:UpdateItem"),
    ("record", "RowsTable", "dynamodb:UpdateItem"),
    ("complete", "RowsTable", "dynamodb:UpdateItem"),
    ("release", "RowsTable", "dynamodb:UpdateItem"),
    ("row", "RowsTable", "dynamodb:GetItem"),
    ("due", "RowsTable/due-index", "dynamodb:Query"),
    ("event_known", "EventsTable", "dynamodb:GetItem"),
    ("remember_event", "EventsTable", "dynamodb:PutItem"),
    ("links", "LinksTable", "dynamodb:BatchGetItem"),
    ("put_links", "LinksTable", "dynamodb:BatchWriteItem"),
    ("drop_links", "LinksTable", "dynamodb:BatchWriteItem"),
    ("raise", "AttentionTable", "dynamodb:UpdateItem"),
    ("settle", "AttentionTable", "dynamodb:DeleteItem"),
    ("attention", "AttentionTable", "dynamodb:Scan"),
];

/// The use case of each function, by its sources.
const USE_CASES: &[(&str, &[&str])] = &[
    ("webhook", &["shared/flows/src/receive"]),
    ("order-projection", &["shared/flows/src/project", WORK, "shared/flows/src/fetch.rs"]),
    (
        "refund-handler",
        &[
            "shared/flows/src/after_sales",
            "shared/flows/src/dispute",
            "shared/flows/src/account.rs",
            WORK,
            "shared/flows/src/fetch.rs",
        ],
    ),
    ("settlement-import", &["shared/flows/src/settlement", "shared/flows/src/account.rs", WORK]),
    (
        "reconcile",
        &["shared/flows/src/sweep.rs", "shared/flows/src/poll.rs", "shared/flows/src/fetch.rs"],
    ),
];
/// What every worker does around its use case.
const WORK: &str = "shared/flows/src/work";

/// What a function's code does, as the grants it needs beside its log.
fn needs(folder: &str) -> BTreeSet<(String, String)> {
    let flow = USE_CASES.iter().find(|(name, _)| *name == folder);
    let files = flow.unwrap_or_else(|| panic!("name the use case of {folder}")).1;
    let code: String = files.iter().map(|file| sources(file)).collect();
    let mut needs = BTreeSet::new();
    let mut need = |resource: &str, action: &str| {
        needs.insert((resource.to_owned(), action.to_owned()));
    };
    for operation in words_after(&code, "ledger().").union(&words_after(&code, "ledger.")) {
        let known = LEDGER_NEEDS.iter().find(|(name, _, _)| name == operation);
        let (_, table, action) =
            known.unwrap_or_else(|| panic!("say in LEDGER_NEEDS what {operation:?} needs"));
        need(table, action);
    }
    // `document` of receive.rs is how every use case reads a store's configuration.
    if code.contains("document(world,") {
        need("StoresTable", "dynamodb:GetItem");
    }
    if code.contains("settings().ids(") {
        need("StoresTable", "dynamodb:Scan");
    }
    if code.contains("files.read(") {
        need("files", "s3:GetObject");
    }
    if code.contains("secrets().get(") {
        need("secrets", "secretsmanager:GetSecretValue");
    }
    // `enqueue` of flows sends every nudge to the queue of its subject.
    if code.contains("enqueue(world,") {
        for queue in ["OrdersQueue", "RefundsQueue", "SettlementsQueue"] {
            need(queue, "sqs:SendMessage");
        }
    }
    if let Some(role) = words_after(&sources(&format!("functions/{folder}")), "QueueRole::").first()
    {
        // Lambda's poller acts with the function's role; the batch loop delays and gives up.
        let queue = format!("{role}Queue");
        for action in ["ReceiveMessage", "DeleteMessage", "GetQueueAttributes"] {
            need(&queue, &format!("sqs:{action}"));
        }
        need(&queue, "sqs:ChangeMessageVisibility");
        need(&format!("{role}DeadQueue"), "sqs:SendMessage");
    }
    needs
}

#[test]
fn every_function_folder_has_a_resource_and_every_resource_a_folder() {
    let folders: BTreeSet<String> = std::fs::read_dir(root().join("functions"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let template = Template::read();
    assert_eq!(template.functions().into_keys().collect::<BTreeSet<_>>(), folders);
    // The binary that `make package` copies to that place, and local AWS from where this machine built it.
    for folder in folders {
        let manifest =
            std::fs::read_to_string(root().join("functions").join(&folder).join("Cargo.toml"));
        assert!(manifest.unwrap().contains(&format!("name = \"causeway-{folder}\"")), "{folder}");
    }
}

#[test]
fn every_variable_that_is_read_has_a_value_and_every_value_is_read() {
    let template = Template::read();
    let shared = ["aws", "flows", "ledger", "telemetry", "odoo", "platforms", "domain"];
    let mut read: BTreeSet<String> = BTreeSet::new();
    for folder in shared.map(|crate_| format!("shared/{crate_}/src")).iter().map(String::as_str) {
        let code = sources(folder);
        read.extend(
            words_after(&code, "=\"CAUSEWAY_").into_iter().map(|w| format!("CAUSEWAY_{w}")),
        );
        read.extend(words_after(&code, "env::var(\""));
    }
    for folder in template.functions().keys() {
        read.extend(words_after(&sources(&format!("functions/{folder}/src")), "env::var(\""));
    }
    // Optional: `1` allows plain http to other hosts; unset it is refused.
    assert!(read.remove(causeway_aws::environment::ALLOW_HTTP));
    read.retain(|name| !name.is_empty());
    let globals = at(&template.whole, "Globals/Function/Environment/Variables").unwrap();
    let given = |variables: &Value| -> BTreeSet<String> {
        let names = variables.as_mapping().unwrap().keys();
        names.map(|name| name.as_str().unwrap().to_owned()).collect()
    };
    for (folder, (_, function)) in template.functions() {
        let mut values = given(globals);
        values.extend(at(function, "Environment/Variables").map(given).unwrap_or_default());
        // AWS sets its own.
        let missing: Vec<&String> =
            read.iter().filter(|n| !n.starts_with("AWS_") && !values.contains(*n)).collect();
        assert!(missing.is_empty(), "{folder} reads {missing:?}, the template gives no value");
        let idle: Vec<_> = values.difference(&read).collect();
        assert!(idle.is_empty(), "{folder} is given {idle:?}, which nothing reads");
    }
    let map =
        |name: &str| Some(format!("value of {name}")).filter(|_| given(globals).contains(name));
    causeway_aws::Environment::from(map).unwrap();
}

#[test]
fn a_function_may_do_what_its_code_does_and_nothing_else() {
    let template = Template::read();
    for folder in template.functions().keys() {
        let mut grants = template.grants(folder);
        // Logs: its own group only.
        let logs: BTreeSet<_> =
            grants.iter().filter(|(_, action)| action.starts_with("logs:")).cloned().collect();
        let own = resource_name(&template.functions()[folder].1["LoggingConfig"]["LogGroup"]);
        let allowed = ["logs:CreateLogStream", "logs:PutLogEvents"];
        let expected = allowed.map(|action| (own.to_owned(), action.to_owned())).into();
        assert_eq!(logs, expected, "{folder}");
        grants.retain(|grant| !logs.contains(grant));
        assert_eq!(grants, needs(folder), "{folder}: granted on the left, needed on the right");
    }
}

#[test]
fn no_permission_has_a_wildcard_but_the_secrets_of_our_prefix_and_the_files_of_our_bucket() {
    let template = Template::read();
    const SECRETS: &str = "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:${SecretPrefix}/*";
    const FILES: &str =
        "arn:${AWS::Partition}:s3:::${AWS::StackName}-settlements-${AWS::AccountId}/*";
    for (role, properties) in template.of_type("AWS::IAM::Role") {
        assert!(properties.get("ManagedPolicyArns").is_none(), "{role} borrows foreign policies");
        for statement in template.role_statements(role) {
            for action in list(&statement["Action"]) {
                assert!(!action.as_str().unwrap().contains('*'), "{role}: {action:?}");
            }
            assert!(statement.get("NotAction").is_none() && statement.get("NotResource").is_none());
            for resource in list(&statement["Resource"]) {
                let resource = resource.as_str().unwrap();
                let whole = [SECRETS, FILES].contains(&resource);
                assert!(!resource.contains('*') || whole, "{role}: {resource}");
            }
        }
    }
    for (name, function) in template.of_type("AWS::Serverless::Function") {
        assert!(function.get("Policies").is_none(), "{name}: its rights are in its role alone");
    }
}

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

#[test]
fn tables_are_on_demand_encrypted_recoverable_and_forget_what_expires() {
    let template = Template::read();
    let tables = template.of_type("AWS::DynamoDB::Table");
    let expected = ["AttentionTable", "EventsTable", "LinksTable", "RowsTable", "StoresTable"];
    assert_eq!(tables.keys().copied().collect::<Vec<_>>(), expected);
    for (name, table) in &tables {
        assert_eq!(text(table, "BillingMode"), "PAY_PER_REQUEST", "{name}");
        let on = |path: &str| at(table, path).and_then(Value::as_bool);
        assert_eq!(on("SSESpecification/SSEEnabled"), Some(true), "{name}");
        let recovery = "PointInTimeRecoverySpecification/PointInTimeRecoveryEnabled";
        assert_eq!(on(recovery), Some(true), "{name}");
        let key = list(&table["KeySchema"]);
        let hash = if *name == "StoresTable" { "store" } else { "pk" };
        assert_eq!((key.len(), text(key[0], "AttributeName")), (1, hash), "{name}");
        let expires = at(table, "TimeToLiveSpecification/AttributeName").and_then(Value::as_str);
        let forgets = matches!(*name, "AttentionTable" | "EventsTable");
        assert_eq!(expires, forgets.then_some("expires"), "{name}");
    }
    let index = list(&tables["RowsTable"]["GlobalSecondaryIndexes"])[0];
    assert_eq!(text(index, "IndexName"), causeway_ledger::dynamodb::DUE_INDEX);
}

/// The bucket of settlement files is encrypted, closed to the public, and named alike everywhere: the role
/// and the variable cannot refer to it, because it refers to the function.
#[test]
fn the_bucket_of_files_is_closed_and_invokes_the_import() {
    let template = Template::read();
    let buckets = template.of_type("AWS::S3::Bucket");
    let bucket = buckets["SettlementsBucket"];
    let name = text(bucket, "BucketName");
    let encryption =
        list(at(bucket, "BucketEncryption/ServerSideEncryptionConfiguration").unwrap());
    assert_eq!(text(encryption[0], "ServerSideEncryptionByDefault/SSEAlgorithm"), "AES256");
    let block = at(bucket, "PublicAccessBlockConfiguration").and_then(Value::as_mapping).unwrap();
    assert!(block.len() == 4 && block.values().all(|on| on.as_bool() == Some(true)));
    let invoked = list(at(bucket, "NotificationConfiguration/LambdaConfigurations").unwrap());
    assert_eq!(resource_name(&invoked[0]["Function"]), "SettlementImportFunction");
    let permission = template.of_type("AWS::Lambda::Permission")["SettlementsBucketPermission"];
    let arn = format!("arn:${{AWS::Partition}}:s3:::{name}");
    assert_eq!(text(permission, "SourceArn"), arn);
    assert!(permission.get("SourceAccount").is_some());
    let variables = at(&template.whole, "Globals/Function/Environment/Variables").unwrap();
    assert_eq!(text(variables, "CAUSEWAY_SETTLEMENTS_BUCKET"), name);
    let files = format!("{arn}/*");
    let grants = template.statements("settlement-import");
    assert!(grants.iter().any(|grant| bare(&grant["Resource"]).as_str() == Some(files.as_str())));
}

#[test]
fn the_api_throttles_and_its_log_holds_no_query_and_no_address() {
    let template = Template::read();
    let stage = template.of_type("AWS::ApiGatewayV2::Stage")["ApiStage"];
    assert!(number(stage, "DefaultRouteSettings/ThrottlingRateLimit") > 0);
    assert!(number(stage, "DefaultRouteSettings/ThrottlingBurstLimit") > 0);
    let format = text(stage, "AccessLogSettings/Format");
    for leak in ["query", "sourceIp", "authorizer", "header"] {
        assert!(!format.to_lowercase().contains(&leak.to_lowercase()), "{leak}");
    }
    let routes: BTreeSet<&str> = template
        .of_type("AWS::ApiGatewayV2::Route")
        .values()
        .map(|route| text(route, "RouteKey"))
        .collect();
    let path = "/webhooks/{platform}/{store}";
    assert_eq!(
        routes,
        [&format!("GET {path}"), &format!("POST {path}")].map(String::as_str).into()
    );
}
