//! AWS as far as an invocation needs it, answering at once: what is measured is the function, not a
//! store behind it. A call that is not here is refused as AWS refuses an unknown operation, which no
//! client tries again, and ends the bench with its name.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::Response;
use axum::serve::ListenerExt as _;
use causeway_aws::environment as variables;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::task::JoinHandle;

/// No request is larger: SQS takes no more (Amazon SQS, "Message quotas").
const LARGEST: usize = 1024 * 1024;

/// What the fake knows.
#[derive(Clone, Default)]
pub struct Holdings {
    /// Store -> configuration document.
    pub documents: BTreeMap<String, String>,
    /// Name -> secret.
    pub secrets: BTreeMap<String, String>,
    /// What a worker finds that claims a row.
    pub lease: Lease,
}

/// Whether a row can be had.
#[derive(Clone, Copy, Default)]
pub enum Lease {
    /// Another worker has it.
    #[default]
    Held,
    /// Nobody has it, and it is new.
    Free,
}

/// The endpoint; stops when dropped.
pub struct FakeAws {
    pub address: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

struct Shared {
    holdings: Holdings,
    calls: Mutex<BTreeMap<String, u64>>,
    unknown: Mutex<Vec<String>>,
}

impl FakeAws {
    pub async fn start(holdings: Holdings) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let listener = listener.tap_io(|stream| stream.set_nodelay(true).unwrap());
        let shared =
            Arc::new(Shared { holdings, calls: Mutex::default(), unknown: Mutex::default() });
        let app = Router::new().fallback(handle).with_state(Arc::clone(&shared));
        let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { address, shared, task }
    }

    /// How often an operation was called, such as `AmazonSQS.SendMessageBatch`.
    pub fn calls(&self, operation: &str) -> u64 {
        self.shared.calls.lock().unwrap().get(operation).copied().unwrap_or(0)
    }

    /// Ends the bench if the function made a call that is not here: its figures would be those of a
    /// function that fails.
    pub fn knew_every_call(&self, function: &str) {
        let unknown = self.shared.unknown.lock().unwrap();
        assert!(
            unknown.is_empty(),
            "{function} made calls that the fake AWS of this bench does not know: {}; \
             teach tests/bench/fake_aws.rs what they answer",
            unknown.join(", ")
        );
    }

    /// The variables of a function that uses this endpoint.
    pub fn environment(&self, runtime: SocketAddr) -> Vec<(&'static str, String)> {
        let url = format!("http://{}", self.address);
        let queue = |name: &str| format!("{url}/123456789012/{name}");
        vec![
            ("AWS_LAMBDA_RUNTIME_API", runtime.to_string()),
            ("AWS_LAMBDA_FUNCTION_NAME", "bench".to_owned()),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256".to_owned()),
            ("AWS_LAMBDA_LOG_GROUP_NAME", "bench".to_owned()),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "bench".to_owned()),
            ("AWS_REGION", "eu-central-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", "test".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
            ("AWS_SESSION_TOKEN", "test".to_owned()),
            (variables::ROWS_TABLE, "rows".to_owned()),
            (variables::EVENTS_TABLE, "events".to_owned()),
            (variables::LINKS_TABLE, "links".to_owned()),
            (variables::ATTENTION_TABLE, "attention".to_owned()),
            (variables::STORES_TABLE, "stores".to_owned()),
            (variables::ORDERS_QUEUE_URL, queue("orders")),
            (variables::ORDERS_DEAD_QUEUE_URL, queue("orders-dead")),
            (variables::REFUNDS_QUEUE_URL, queue("refunds")),
            (variables::REFUNDS_DEAD_QUEUE_URL, queue("refunds-dead")),
            (variables::SETTLEMENTS_QUEUE_URL, queue("settlements")),
            (variables::SETTLEMENTS_DEAD_QUEUE_URL, queue("settlements-dead")),
            (variables::SETTLEMENTS_BUCKET, "settlements".to_owned()),
            ("CAUSEWAY_LOG", "info".to_owned()),
            ("AWS_ENDPOINT_URL", url),
        ]
    }
}

impl Drop for FakeAws {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn handle(State(shared): State<Arc<Shared>>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, LARGEST).await.unwrap_or_default();
    let target = parts.headers.get("x-amz-target").and_then(|value| value.to_str().ok());
    let call =
        target.map_or_else(|| format!("{} {}", parts.method, parts.uri.path()), str::to_owned);
    let request: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
    *shared.calls.lock().unwrap().entry(call.clone()).or_default() += 1;
    let (status, answer) = reply(&shared.holdings, &call, &request).unwrap_or_else(|| {
        let table = request["TableName"].as_str().map(|table| format!(" of table {table}"));
        shared.unknown.lock().unwrap().push(call + &table.unwrap_or_default());
        (400, json!({"__type": "UnknownOperationException"}))
    });
    Response::builder()
        .status(status)
        .header("content-type", "application/x-amz-json-1.0")
        .header("x-amzn-requestid", "00000000-0000-4000-8000-000000000000")
        .body(Body::from(answer.to_string()))
        .unwrap()
}

/// What a call answers; none for one that is not here.
fn reply(holdings: &Holdings, call: &str, request: &Value) -> Option<(u16, Value)> {
    let table = request["TableName"].as_str();
    match (call, table) {
        ("DynamoDB_20120810.GetItem", Some("stores")) => Some((200, document(holdings, request))),
        // No event is remembered, and no row is there yet.
        ("DynamoDB_20120810.GetItem", Some("events" | "rows")) => Some((200, json!({}))),
        ("DynamoDB_20120810.PutItem", Some("events")) => Some((200, json!({}))),
        ("DynamoDB_20120810.UpdateItem", Some("rows")) => update(holdings.lease, request),
        // Nothing is due.
        ("DynamoDB_20120810.Query", Some("rows")) => Some((200, page(&[]))),
        ("DynamoDB_20120810.Scan", Some("stores")) => {
            let ids = holdings.documents.keys().map(|id| json!({"store": {"S": id}}));
            Some((200, page(&ids.collect::<Vec<_>>())))
        }
        ("AmazonSQS.SendMessageBatch", _) => Some((200, sent(request))),
        ("secretsmanager.GetSecretValue", _) => Some(secret(holdings, request)),
        _ => None,
    }
}

/// The only page.
fn page(items: &[Value]) -> Value {
    json!({"Items": items, "Count": items.len(), "ScannedCount": items.len()})
}

/// A store's configuration.
fn document(holdings: &Holdings, request: &Value) -> Value {
    let store = request["Key"]["store"]["S"].as_str().unwrap_or_default();
    match holdings.documents.get(store) {
        Some(document) => json!({"Item": {"document": {"S": document}}}),
        None => json!({}),
    }
}

/// A nudge counts; a claim finds the row as the lease says; whoever has it may do the rest. (The
/// transitions stand in `shared/ledger/src/dynamodb/transition.rs`.)
fn update(lease: Lease, request: &Value) -> Option<(u16, Value)> {
    let condition = request["ConditionExpression"].as_str();
    let claims = condition.is_some_and(|condition| condition.contains("attribute_not_exists"));
    match (condition, claims, lease) {
        (None, ..) => Some((200, json!({"Attributes": {"wanted": {"N": "1"}}}))),
        (Some(_), true, Lease::Held) => Some((
            400,
            json!({
                "__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",
                "message": "The conditional request failed",
                "Item": {"wanted": {"N": "1"}, "fence": {"N": "1"}, "owner": {"S": "another"}},
            }),
        )),
        (Some(_), true, Lease::Free) => {
            let mut row = json!({
                "pk": request["Key"]["pk"], "state": {"S": "leased"}, "wanted": {"N": "0"},
                "fence": {"N": "1"}, "attempt": {"N": "1"}, "odoo_ids": {"M": {}},
            });
            for (name, value) in [("owner", ":owner"), ("lease_until", ":until")] {
                row[name] = request["ExpressionAttributeValues"][value].clone();
            }
            Some((200, json!({"Attributes": row})))
        }
        (Some(_), false, Lease::Free) => Some((200, json!({"Attributes": {}}))),
        // Nobody writes to a row that another has.
        (Some(_), false, Lease::Held) => None,
    }
}

/// Every entry is stored. The SDK does not compare the digest.
fn sent(request: &Value) -> Value {
    let entries = request["Entries"].as_array().cloned().unwrap_or_default();
    let stored = entries.iter().map(|entry| {
        json!({
            "Id": entry["Id"], "MessageId": "5fea7756-0ea4-451a-a703-a558b933e274",
            "MD5OfMessageBody": "fafb00f5732ab283681e124bf8747ed1",
        })
    });
    json!({"Successful": stored.collect::<Vec<_>>(), "Failed": []})
}

/// A secret that was never rotated.
fn secret(holdings: &Holdings, request: &Value) -> (u16, Value) {
    let name = request["SecretId"].as_str().unwrap_or_default();
    match (holdings.secrets.get(name), request["VersionStage"].as_str()) {
        (Some(text), Some("AWSCURRENT")) => {
            (200, json!({"Name": name, "SecretString": text, "VersionStages": ["AWSCURRENT"]}))
        }
        _ => (
            400,
            json!({
                "__type": "ResourceNotFoundException",
                "Message": "Secrets Manager can't find the specified secret value",
            }),
        ),
    }
}
