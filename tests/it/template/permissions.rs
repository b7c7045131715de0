//! Least privilege, checked in both directions. Which ledger operations a function performs is read
//! from the sources of its use case; what each needs from AWS stands in [`LEDGER_NEEDS`].

use super::{Template, list, resource_name, sources, words_after};
use std::collections::BTreeSet;

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
